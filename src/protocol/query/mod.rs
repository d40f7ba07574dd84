//! OData's query options.
//!
//! A name may be `$top`, `%24top` or `top`, in any letter case. An unsupported option is rejected by
//! name, unsupported syntax with its position and a reason; nothing is silently ignored.

mod bind;
mod cost;
mod cursor;
mod entities;
mod expand;
mod expression;
mod lexer;
mod operands;
mod options;
mod orderby;
mod parser;
mod search;

#[cfg(test)]
mod tests;

pub use entities::MostEntities;
pub use options::QueryOptions;

use serde_json::Value;

pub(super) use self::options::take_bool;
use self::options::{parsed, take_number};
use super::body::Model;
use super::openapi::{Limits, parameters};
use super::pool::PoolNavigation;
use crate::domain::{Assignment, DeviceState, Invalid, Listing, Pool, Predicate, Table};

/// The maximum number of entities that one response expands to, over all pools.
const MAX_EXPANDED: u32 = 50_000;

/// How many entities a page holds.
#[derive(Clone, Copy, Debug)]
pub struct PageSizes {
    /// The size without `$top`.
    pub default: u32,
    /// The maximum.
    pub max: u32,
    /// The client's preference (`Prefer: odata.maxpagesize`).
    pub preferred: Option<u32>,
}

/// The query options of an operation.
pub trait FromQuery: Sized + MostEntities {
    /// Parses the options, and rejects those that the operation does not have.
    fn from_query(options: QueryOptions, sizes: PageSizes) -> Result<Self, Invalid>;

    /// The options as OpenAPI parameters.
    fn parameters(limits: &Limits) -> Vec<Value>;
}

/// The options of a list: which entities, in which order, how many, and which of their properties.
#[derive(Debug)]
pub struct ListOptions<M: Model> {
    /// The page to read.
    pub listing: Listing<M::Field>,
    /// The names of the properties to show; `None` for all.
    pub select: Option<Vec<&'static str>>,
    /// Identifies the query; see [`cursor::fingerprint`].
    fingerprint: String,
    /// The options that the link to the next page repeats.
    repeated: String,
}

/// The `$expand` of a pool: the options of each collection to expand.
#[derive(Debug, Default)]
pub struct PoolExpand {
    /// `assignments`
    pub assignments: Option<ListOptions<Assignment>>,
    /// `deviceStates`
    pub device_states: Option<ListOptions<DeviceState>>,
}

/// The options of the list of pools.
#[derive(Debug)]
pub struct PoolListOptions {
    /// The page of pools.
    pub list: ListOptions<Pool>,
    /// The collections to expand.
    pub expand: PoolExpand,
}

/// The options of one pool.
#[derive(Debug)]
pub struct PoolOptions {
    /// The names of the properties to show; `None` for all.
    pub select: Option<Vec<&'static str>>,
    /// The collections to expand.
    pub expand: PoolExpand,
}

/// The options of an entity that has no navigation properties.
#[derive(Debug)]
pub struct EntityOptions<M> {
    /// The names of the properties to show; `None` for all.
    pub select: Option<Vec<&'static str>>,
    model: std::marker::PhantomData<M>,
}

/// The options of a `$count`.
#[derive(Debug)]
pub struct CountOptions<M: Model> {
    /// The entities to count.
    pub filter: Predicate<M::Field>,
}

/// The options of the result of an action.
#[derive(Debug)]
pub struct AnswerOptions {
    /// How many entities to skip.
    pub skip: usize,
    /// How many entities to show; `None` for all.
    pub top: Option<usize>,
}

impl<M: Model> ListOptions<M> {
    fn read(options: &mut QueryOptions, sizes: PageSizes) -> Result<Self, Invalid> {
        let mut list = Self::choose(options, sizes)?;
        list.select = take_select::<M>(options)?;
        list.listing.count = take_bool(options, "count")?;
        Ok(list)
    }

    /// Takes the options that choose the entities: not those that say what to show of them.
    pub(super) fn choose(options: &mut QueryOptions, sizes: PageSizes) -> Result<Self, Invalid> {
        let repeated = options.repeated();
        let (filter, conditions) = take_conditions::<M>(options)?;
        let order = options.take("orderby");
        let keys = order.as_ref().map(|option| parsed(option, orderby::parse::<M>)).transpose()?;
        let order = order.map_or_else(String::new, |option| option.value);
        let query =
            [M::TYPE.name(), &order].into_iter().chain(conditions.iter().map(String::as_str));
        let fingerprint = cursor::fingerprint(&query.collect::<Vec<_>>());
        let order = Listing::total_order(keys.unwrap_or_default());
        let after = options.take("skiptoken");
        let after =
            after.map(|option| cursor::read(&option.value, &fingerprint, &order)).transpose()?;
        let skip = take_number(options, "skip")?.unwrap_or(0);
        let top = take_number(options, "top")?;
        let wanted = [top, sizes.preferred].into_iter().flatten().min().unwrap_or(sizes.default);
        let listing =
            Listing { filter, order, after, skip, limit: wanted.min(sizes.max), count: false };
        Ok(Self { listing, select: None, fingerprint, repeated })
    }

    /// The query string of the page after the one that ends with `last`.
    #[must_use]
    pub fn next(&self, last: &M) -> String {
        let position = self.listing.position(last);
        format!("{}$skiptoken={}", self.repeated, cursor::write(&self.fingerprint, &position))
    }
}

impl<M: Model> FromQuery for ListOptions<M> {
    fn from_query(mut options: QueryOptions, sizes: PageSizes) -> Result<Self, Invalid> {
        let list = Self::read(&mut options, sizes)?;
        options.finish()?;
        Ok(list)
    }

    fn parameters(limits: &Limits) -> Vec<Value> {
        parameters::listing::<M>(limits)
    }
}

impl FromQuery for PoolListOptions {
    fn from_query(mut options: QueryOptions, sizes: PageSizes) -> Result<Self, Invalid> {
        let list = ListOptions::read(&mut options, sizes)?;
        let expand = PoolExpand::read(&mut options, sizes, list.listing.limit)?;
        options.finish()?;
        Ok(Self { list, expand })
    }

    fn parameters(limits: &Limits) -> Vec<Value> {
        let mut all = parameters::listing::<Pool>(limits);
        all.push(PoolExpand::parameter());
        all
    }
}

impl FromQuery for PoolOptions {
    fn from_query(mut options: QueryOptions, sizes: PageSizes) -> Result<Self, Invalid> {
        let select = take_select::<Pool>(&mut options)?;
        let expand = PoolExpand::read(&mut options, sizes, 1)?;
        options.finish()?;
        Ok(Self { select, expand })
    }

    fn parameters(_: &Limits) -> Vec<Value> {
        vec![parameters::select::<Pool>(), PoolExpand::parameter(), parameters::format()]
    }
}

impl<M: Model> FromQuery for EntityOptions<M> {
    fn from_query(mut options: QueryOptions, _: PageSizes) -> Result<Self, Invalid> {
        let select = take_select::<M>(&mut options)?;
        options.finish()?;
        Ok(Self { select, model: std::marker::PhantomData })
    }

    fn parameters(_: &Limits) -> Vec<Value> {
        vec![parameters::select::<M>(), parameters::format()]
    }
}

impl<M: Model> FromQuery for CountOptions<M> {
    fn from_query(mut options: QueryOptions, _: PageSizes) -> Result<Self, Invalid> {
        let (filter, _) = take_conditions::<M>(&mut options)?;
        options.finish()?;
        Ok(Self { filter })
    }

    fn parameters(_: &Limits) -> Vec<Value> {
        let mut all = parameters::conditions::<M>();
        all.push(parameters::format());
        all
    }
}

impl FromQuery for AnswerOptions {
    fn from_query(mut options: QueryOptions, _: PageSizes) -> Result<Self, Invalid> {
        let mut take = |name| take_number(&mut options, name);
        let [skip, top] = [take("skip")?, take("top")?];
        options.finish()?;
        let size = |number| usize::try_from(number).unwrap_or(usize::MAX);
        Ok(Self { skip: skip.map_or(0, size), top: top.map(size) })
    }

    fn parameters(_: &Limits) -> Vec<Value> {
        let mut all = parameters::top_and_skip("The number of entities to show.", None).to_vec();
        all.push(parameters::format());
        all
    }
}

impl PoolExpand {
    /// Takes the `$expand` of up to `pools` pools.
    fn read(options: &mut QueryOptions, sizes: PageSizes, pools: u32) -> Result<Self, Invalid> {
        let max = (MAX_EXPANDED / pools.max(1)).clamp(1, sizes.max);
        let sizes = PageSizes { default: sizes.default.min(max), max, preferred: None };
        let mut expanded = Self::default();
        let Some(option) = options.take("expand") else { return Ok(expanded) };
        for (navigation, nested) in expand::expand::<PoolNavigation>(&option.value)? {
            let within = |invalid: Invalid| invalid.within(navigation.row().name);
            match navigation {
                PoolNavigation::Assignments => {
                    let nested = ListOptions::from_query(nested, sizes).map_err(within)?;
                    expanded.assignments = Some(nested);
                }
                PoolNavigation::DeviceStates => {
                    let nested = ListOptions::from_query(nested, sizes).map_err(within)?;
                    expanded.device_states = Some(nested);
                }
            }
        }
        Ok(expanded)
    }

    fn parameter() -> Value {
        let nested = PoolNavigation::ALL.iter().map(|navigation| match navigation {
            PoolNavigation::Assignments => parameters::nested_option::<Assignment>(),
            PoolNavigation::DeviceStates => parameters::nested_option::<DeviceState>(),
        });
        parameters::expand(PoolNavigation::ROWS, &nested.collect::<Vec<_>>())
    }
}

fn take_select<M: Model>(options: &mut QueryOptions) -> Result<Option<Vec<&'static str>>, Invalid> {
    let Some(option) = options.take("select") else { return Ok(None) };
    parsed(&option, |text| expand::select(text, M::TYPE))
}

/// Takes `$filter` and `$search`: the condition, and the options as they were sent.
fn take_conditions<M: Model>(
    options: &mut QueryOptions,
) -> Result<(Predicate<M::Field>, Vec<String>), Invalid> {
    let mut predicate = Predicate::always();
    let mut texts = Vec::new();
    if let Some(option) = options.take("filter") {
        let filter = |text: &str| parser::parse(text).and_then(|filter| bind::bind::<M>(&filter));
        predicate = predicate.and(cost::affordable(&option, parsed(&option, filter)?)?);
        texts.push(option.value);
    }
    if let Some(option) = options.take("search") {
        let search = parsed(&option, search::parse::<M>)?;
        predicate = predicate.and(cost::affordable(&option, search)?);
        texts.push(format!("search {}", option.value));
    }
    Ok((predicate, texts))
}
