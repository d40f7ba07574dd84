//! Which part of a collection a caller wants: a filter, an order and a page.

use super::Table;
use super::predicate::{Operand, Predicate, Value, fold};

/// How many entities one response expands to for each expanded property, over all pools.
pub const MAX_EXPANDED: u32 = 1000;

/// An entity that is listed, and the values it is filtered and ordered by.
pub trait Listed {
    /// The properties it is filtered and ordered by.
    type Field: Field;

    /// The value of one of them.
    fn value(&self, field: Self::Field) -> Value;
}

/// A property that entities are filtered and ordered by.
pub trait Field: Table<Row = FieldSpec> {
    /// The property that no two entities of a collection share. It breaks ties, and is the default
    /// order, which is that of creation.
    const KEY: Self;

    /// The properties that come before it in the default order, if entities share its values: no two
    /// entities share all of these and the key.
    const BEFORE_KEY: &'static [Self] = &[];

    /// The type of its values.
    fn kind(self) -> PrimitiveType {
        self.row().kind
    }

    /// Whether it may be null.
    fn nullable(self) -> bool {
        self.row().nullable
    }

    /// Whether `$search` looks into it and `tolower` applies to it; see [`FieldSpec::searchable`].
    fn is_searchable(self) -> bool {
        self.row().searchable
    }

    /// The property of that path, in any letter case.
    fn named(path: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|field| field.row().path.eq_ignore_ascii_case(path))
    }
}

/// What the table of an entity says of a property that can be filtered and ordered by.
#[derive(Clone, Copy, Debug)]
pub struct FieldSpec {
    /// Its path in a `$filter`: `displayName`, or `target/groupId` inside a complex property.
    pub path: &'static str,
    /// The type of its values.
    pub kind: PrimitiveType,
    /// Whether it may be null.
    pub nullable: bool,
    /// Whether it is stored case-folded too, which `$search`, `tolower` and `toupper` need.
    pub searchable: bool,
}

impl FieldSpec {
    /// A property that is never null and not searched.
    #[must_use]
    pub const fn new(path: &'static str, kind: PrimitiveType) -> Self {
        Self { path, kind, nullable: false, searchable: false }
    }

    /// The same property, which may be null.
    #[must_use]
    pub const fn nullable(self) -> Self {
        Self { nullable: true, ..self }
    }

    /// The same property, which `$search` looks into.
    #[must_use]
    pub const fn searchable(self) -> Self {
        Self { searchable: true, ..self }
    }
}

/// The type of a property's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrimitiveType {
    /// Compared by code point.
    String,
    /// An integer of up to 64 bits.
    Int,
    /// A timestamp.
    DateTimeOffset,
    /// A GUID. To clients it is an opaque string that supports comparison only.
    Guid,
    /// A member of an enumeration, ordered by its number.
    Enum(&'static EnumType),
}

/// An enumeration of the wire.
#[derive(Debug, PartialEq, Eq)]
pub struct EnumType {
    /// Its name with the namespace: `microsoft.graph.embeddedSIMDeviceStateValue`.
    pub name: &'static str,
    /// Its members. The index of each is its number.
    pub members: &'static [&'static str],
}

/// The direction of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Null first.
    Ascending,
    /// Null last.
    Descending,
}

/// One key of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderKey<F> {
    /// The property.
    pub field: F,
    /// Whether the property is compared case-folded; see [`fold`].
    pub folded: bool,
    /// The direction.
    pub direction: Direction,
}

/// The request for a page of a collection.
#[derive(Clone, Debug)]
pub struct Listing<F> {
    /// Which entities.
    pub filter: Predicate<F>,
    /// In which order. The last key is [`Field::KEY`], so that the order is total.
    pub order: Vec<OrderKey<F>>,
    /// Where the previous page ended: its last entity's values of the order's keys.
    pub after: Option<Vec<Value>>,
    /// How many entities are skipped.
    pub skip: u32,
    /// How many entities the page holds at most.
    pub limit: u32,
    /// Whether to count all entities that match the filter.
    pub count: bool,
}

/// A page of a collection.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The entities of this page.
    pub items: Vec<T>,
    /// Whether another page follows.
    pub more: bool,
    /// The number of entities on all pages, if it was asked for.
    pub count: Option<i64>,
}

impl<F: Copy> OrderKey<F> {
    /// What is compared.
    #[must_use]
    pub fn operand(&self) -> Operand<F> {
        if self.folded { Operand::Folded(self.field) } else { Operand::Field(self.field) }
    }
}

impl<F: Field> Listing<F> {
    /// The first `limit` entities, oldest first.
    #[must_use]
    pub fn first(limit: u32) -> Self {
        Self {
            filter: Predicate::always(),
            order: Self::total_order(Vec::new()),
            after: None,
            skip: 0,
            limit,
            count: false,
        }
    }

    /// These keys, and [`Field::KEY`] to break ties.
    #[must_use]
    pub fn total_order(mut keys: Vec<OrderKey<F>>) -> Vec<OrderKey<F>> {
        let ascending = |field| OrderKey { field, folded: false, direction: Direction::Ascending };
        if F::BEFORE_KEY.is_empty()
            && let Some(key) = keys.iter().position(|key| key.field == F::KEY)
        {
            keys.truncate(key + 1);
            return keys;
        }
        for tie in F::BEFORE_KEY.iter().copied().chain([F::KEY]) {
            if keys.iter().all(|key| key.field != tie || key.folded) {
                keys.push(ascending(tie));
            }
        }
        keys
    }

    /// The values of the order's keys that the next page starts after, given this page's last
    /// entity.
    #[must_use]
    pub fn position<T: Listed<Field = F>>(&self, last: &T) -> Vec<Value> {
        let value = |key: &OrderKey<F>| match last.value(key.field) {
            Value::String(text) if key.folded => Value::String(fold(&text)),
            value => value,
        };
        self.order.iter().map(value).collect()
    }
}
