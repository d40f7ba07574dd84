//! OData's query options.
//!
//! Names come as `$top`, `%24top` or bare `top`, in any case. What is not supported is refused by
//! name, with its place and the reason; nothing is ignored.

mod bind;
mod cursor;
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

pub use options::QueryOptions;

use serde_json::Value;

pub(super) use self::options::take_truth;
use self::options::{parsed, take_number};
use super::model::Model;
use super::openapi::parameters;
use crate::domain::{Assignment, DeviceState, Invalid, Listing, Pool, Predicate};

/// The most entities that one answer expands to, all pools together.
const MAX_EXPANDED: u32 = 50_000;

/// How much a page holds.
#[derive(Clone, Copy, Debug)]
pub struct PageSizes {
    /// Where the client does not say.
    pub default: u32,
    /// At most.
    pub most: u32,
    /// What the client prefers (`Prefer: odata.maxpagesize`).
    pub preferred: Option<u32>,
}

/// The options of some operation.
pub trait FromQuery: Sized {
    /// Reads them, all of them.
    fn from_query(options: QueryOptions, sizes: PageSizes) -> Result<Self, Invalid>;

    /// They as OpenAPI parameters.
    fn parameters() -> Vec<Value>;
}

/// The options of a list: which entities, in what order, how many, and what to show of them.
#[derive(Debug)]
pub struct ListOptions<M: Model> {
    /// What to read.
    pub listing: Listing<M::Field>,
    /// The properties to show; none for all.
    pub select: Option<Vec<&'static str>>,
    question: String,
    repeated: String,
}

/// What to expand a pool with.
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
    /// Which pools.
    pub list: ListOptions<Pool>,
    /// With what.
    pub expand: PoolExpand,
}

/// The options of one pool.
#[derive(Debug)]
pub struct PoolOptions {
    /// The properties to show; none for all.
    pub select: Option<Vec<&'static str>>,
    /// With what.
    pub expand: PoolExpand,
}

/// The options of one entity that nothing can be expanded of.
#[derive(Debug)]
pub struct EntityOptions<M> {
    /// The properties to show; none for all.
    pub select: Option<Vec<&'static str>>,
    model: std::marker::PhantomData<M>,
}

/// The options of a `$count`.
#[derive(Debug)]
pub struct CountOptions<M: Model> {
    /// Which entities count.
    pub filter: Predicate<M::Field>,
}

/// The options of what an action answers.
#[derive(Debug)]
pub struct AnswerOptions {
    /// How many to leave out first.
    pub skip: usize,
    /// How many to show; none for all.
    pub top: Option<usize>,
}

impl<M: Model> ListOptions<M> {
    fn read(options: &mut QueryOptions, sizes: PageSizes) -> Result<Self, Invalid> {
        let mut list = Self::choose(options, sizes)?;
        list.select = take_select::<M>(options)?;
        list.listing.count = take_truth(options, "count")?;
        Ok(list)
    }

    /// Reads which entities, in what order, and how many: not what to show of them.
    pub(super) fn choose(options: &mut QueryOptions, sizes: PageSizes) -> Result<Self, Invalid> {
        let repeated = options.repeated();
        let (filter, mut question) = take_conditions::<M>(options)?;
        let order = options.take("orderby");
        let keys = order.as_ref().map(|option| parsed(option, orderby::parse::<M>)).transpose()?;
        let order_text = order.map_or_else(String::new, |option| option.value);
        question.insert(0, order_text);
        question.insert(0, M::TYPE.name.to_owned());
        let question = cursor::question(&question.iter().map(String::as_str).collect::<Vec<_>>());
        let order = Listing::total_order(keys.unwrap_or_default());
        let after = options.take("skiptoken");
        let after =
            after.map(|option| cursor::read(&option.value, &question, &order)).transpose()?;
        let skip = take_number(options, "skip")?.unwrap_or(0);
        let top = take_number(options, "top")?;
        let wanted = [top, sizes.preferred].into_iter().flatten().min().unwrap_or(sizes.default);
        let listing =
            Listing { filter, order, after, skip, limit: wanted.min(sizes.most), count: false };
        Ok(Self { listing, select: None, question, repeated })
    }

    /// The query string of the page after the one that ends with `last`: the same options, and
    /// where to go on.
    #[must_use]
    pub fn next(&self, last: &M) -> String {
        let position = self.listing.position(last);
        format!("{}$skiptoken={}", self.repeated, cursor::write(&self.question, &position))
    }
}

impl<M: Model> FromQuery for ListOptions<M> {
    fn from_query(mut options: QueryOptions, sizes: PageSizes) -> Result<Self, Invalid> {
        let list = Self::read(&mut options, sizes)?;
        options.finish()?;
        Ok(list)
    }

    fn parameters() -> Vec<Value> {
        parameters::listing::<M>()
    }
}

impl FromQuery for PoolListOptions {
    fn from_query(mut options: QueryOptions, sizes: PageSizes) -> Result<Self, Invalid> {
        let list = ListOptions::read(&mut options, sizes)?;
        let expand = PoolExpand::read(&mut options, sizes, list.listing.limit)?;
        options.finish()?;
        Ok(Self { list, expand })
    }

    fn parameters() -> Vec<Value> {
        let mut all = parameters::listing::<Pool>();
        all.push(parameters::expand::<Pool>());
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

    fn parameters() -> Vec<Value> {
        vec![parameters::select::<Pool>(), parameters::expand::<Pool>()]
    }
}

impl<M: Model> FromQuery for EntityOptions<M> {
    fn from_query(mut options: QueryOptions, _: PageSizes) -> Result<Self, Invalid> {
        let select = take_select::<M>(&mut options)?;
        take_expand::<M>(&mut options)?;
        options.finish()?;
        Ok(Self { select, model: std::marker::PhantomData })
    }

    fn parameters() -> Vec<Value> {
        vec![parameters::select::<M>()]
    }
}

impl<M: Model> FromQuery for CountOptions<M> {
    fn from_query(mut options: QueryOptions, _: PageSizes) -> Result<Self, Invalid> {
        let (filter, _) = take_conditions::<M>(&mut options)?;
        options.finish()?;
        Ok(Self { filter })
    }

    fn parameters() -> Vec<Value> {
        parameters::conditions::<M>()
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

    fn parameters() -> Vec<Value> {
        parameters::part("How many to show.").into()
    }
}

impl PoolExpand {
    /// `pools` is how many pools there may be, each with its own expansion.
    fn read(options: &mut QueryOptions, sizes: PageSizes, pools: u32) -> Result<Self, Invalid> {
        let most = (MAX_EXPANDED / pools.max(1)).clamp(1, sizes.most);
        let sizes = PageSizes { default: sizes.default.min(most), most, preferred: None };
        let mut expanded = Self::default();
        for (name, nested) in take_expand::<Pool>(options)? {
            let within = |invalid: Invalid| invalid.within(name);
            if name == "assignments" {
                let nested = ListOptions::from_query(nested, sizes).map_err(within)?;
                expanded.assignments = Some(nested);
            } else {
                let nested = ListOptions::from_query(nested, sizes).map_err(within)?;
                expanded.device_states = Some(nested);
            }
        }
        Ok(expanded)
    }
}

fn take_select<M: Model>(options: &mut QueryOptions) -> Result<Option<Vec<&'static str>>, Invalid> {
    let Some(option) = options.take("select") else { return Ok(None) };
    parsed(&option, |text| expand::select(text, M::TYPE))
}

fn take_expand<M: Model>(
    options: &mut QueryOptions,
) -> Result<Vec<(&'static str, QueryOptions)>, Invalid> {
    options.take("expand").map_or(Ok(Vec::new()), |option| expand::expand(&option.value, M::TYPE))
}

/// `$filter` and `$search`, and their texts.
fn take_conditions<M: Model>(
    options: &mut QueryOptions,
) -> Result<(Predicate<M::Field>, Vec<String>), Invalid> {
    let mut predicate = Predicate::always();
    let mut texts = Vec::new();
    if let Some(option) = options.take("filter") {
        let filter = |text: &str| parser::parse(text).and_then(|filter| bind::bind::<M>(&filter));
        predicate = predicate.and(parsed(&option, filter)?);
        texts.push(option.value);
    }
    if let Some(option) = options.take("search") {
        predicate = predicate.and(parsed(&option, search::parse::<M>)?);
        texts.push(format!("search {}", option.value));
    }
    Ok((predicate, texts))
}
