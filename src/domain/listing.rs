//! What part of a collection a caller wants: which entities, in what order, how many.

use std::fmt;

use uuid::Uuid;

use super::Timestamp;

/// An entity that is listed, and the values it is filtered and ordered by.
pub trait Listed {
    /// Its properties, as far as they can be asked for.
    type Field: Field;

    /// The value of one of them.
    fn value(&self, field: Self::Field) -> Value;
}

/// A property that entities are filtered and ordered by.
pub trait Field: Copy + Eq + fmt::Debug + Send + Sync + 'static {
    /// The one that no two entities share: what decides between equals, and the order where none
    /// is asked for, which is that of creation.
    const ID: Self;

    /// What its values are.
    fn kind(self) -> PrimitiveType;

    /// Whether it may be null.
    fn nullable(self) -> bool;
}

/// What values a property has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrimitiveType {
    /// Text, compared by code point.
    String,
    /// A whole number.
    Int,
    /// A moment.
    DateTimeOffset,
    /// A GUID. To clients a text, that can only be compared.
    Guid,
    /// One of these names, by its place in the list.
    Enum(&'static [&'static str]),
}

/// A value of a property. Null comes before everything else.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// No value.
    Null,
    /// Of [`PrimitiveType::String`].
    String(String),
    /// Of [`PrimitiveType::Int`], and of [`PrimitiveType::Enum`] by its place.
    Int(i64),
    /// Of [`PrimitiveType::DateTimeOffset`].
    DateTimeOffset(Timestamp),
    /// Of [`PrimitiveType::Guid`].
    Guid(Uuid),
}

/// A condition on entities. It holds or it does not: what compares to null is false, but null
/// equals null, as OData has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Predicate<F> {
    /// Whether all of these hold; of none, yes.
    All(Vec<Self>),
    /// Whether any of these holds; of none, no.
    Any(Vec<Self>),
    /// Whether this does not hold.
    Not(Box<Self>),
    /// How two values compare.
    Compare(Operand<F>, Comparison, Operand<F>),
    /// Whether a text begins with, ends with or contains another.
    Match(Operand<F>, StringMatch, Operand<F>),
}

/// One side of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operand<F> {
    /// A property.
    Field(F),
    /// A text property without regard to case; see [`fold`].
    Folded(F),
    /// The number of characters of a text property.
    Length(F),
    /// A value.
    Value(Value),
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "OData's own names")]
pub enum Comparison {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
}

/// Which part of a text is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StringMatch {
    /// `startswith`
    StartsWith,
    /// `endswith`
    EndsWith,
    /// `contains`
    Contains,
}

/// Which way.
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
    /// Whether without regard to case.
    pub folded: bool,
    /// Which way.
    pub direction: Direction,
}

/// A page of a collection.
#[derive(Clone, Debug)]
pub struct Listing<F> {
    /// Which entities.
    pub filter: Predicate<F>,
    /// In what order: the last key is the id, so that no two are equal.
    pub order: Vec<OrderKey<F>>,
    /// Only what comes after the entity with these values of the order's keys.
    pub after: Option<Vec<Value>>,
    /// So many are passed over first.
    pub skip: u32,
    /// At most so many.
    pub limit: u32,
    /// Whether to count all that the filter lets through.
    pub count: bool,
}

/// One page, and what is around it.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The entities of this page.
    pub items: Vec<T>,
    /// Whether there is more behind the last of them.
    pub more: bool,
    /// How many there are on all pages, if that was asked.
    pub count: Option<i64>,
}

impl<F: Copy> OrderKey<F> {
    /// What is compared.
    #[must_use]
    pub fn operand(&self) -> Operand<F> {
        if self.folded { Operand::Folded(self.field) } else { Operand::Field(self.field) }
    }
}

impl<F> Predicate<F> {
    /// The condition that always holds.
    #[must_use]
    pub const fn always() -> Self {
        Self::All(Vec::new())
    }

    /// Both conditions.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::All(mut all), Self::All(more)) => {
                all.extend(more);
                Self::All(all)
            }
            (one, other) => Self::All(vec![one, other]),
        }
    }
}

impl<F: Field> Listing<F> {
    /// Everything, oldest first, up to a limit.
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

    /// An order in which no two entities are equal: the id decides what these keys do not.
    #[must_use]
    pub fn total_order(mut keys: Vec<OrderKey<F>>) -> Vec<OrderKey<F>> {
        if let Some(id) = keys.iter().position(|key| key.field == F::ID) {
            keys.truncate(id + 1);
        } else {
            keys.push(OrderKey { field: F::ID, folded: false, direction: Direction::Ascending });
        }
        keys
    }

    /// Where a page that ends with `last` is gone on from.
    #[must_use]
    pub fn position<T: Listed<Field = F>>(&self, last: &T) -> Vec<Value> {
        let value = |key: &OrderKey<F>| match last.value(key.field) {
            Value::String(text) if key.folded => Value::String(fold(&text)),
            value => value,
        };
        self.order.iter().map(value).collect()
    }
}

/// A text in lower case, letter by letter as Unicode has it: what `tolower` and `toupper` compare,
/// the same on every engine and in every locale.
#[must_use]
pub fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}
