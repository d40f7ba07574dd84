//! Conditions on entities, and the values that they compare.

use uuid::Uuid;

use super::Timestamp;

/// A value of a property. Null sorts before everything else.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// No value.
    Null,
    /// Of [`PrimitiveType::String`](super::PrimitiveType::String).
    String(String),
    /// Of [`PrimitiveType::Int`](super::PrimitiveType::Int), and the number of a [`PrimitiveType::Enum`](super::PrimitiveType::Enum)'s member.
    Int(i64),
    /// Of [`PrimitiveType::DateTimeOffset`](super::PrimitiveType::DateTimeOffset).
    DateTimeOffset(Timestamp),
    /// Of [`PrimitiveType::Guid`](super::PrimitiveType::Guid).
    Guid(Uuid),
}

/// A condition on entities, with two truth values: a comparison with null is false, except that
/// null equals null, as OData defines it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Predicate<F> {
    /// True if all of these are; the empty list is true.
    All(Vec<Self>),
    /// True if any of these is; the empty list is false.
    Any(Vec<Self>),
    /// True if this is false.
    Not(Box<Self>),
    /// Compares two values.
    Compare(Operand<F>, Comparison, Operand<F>),
    /// Tests whether the first string starts with, ends with or contains the second.
    Match(Operand<F>, StringMatch, Operand<F>),
}

/// One side of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operand<F> {
    /// A property.
    Field(F),
    /// A searchable property, case-folded; see [`fold`].
    Folded(F),
    /// The number of characters of a string property.
    Length(F),
    /// A constant.
    Value(Value),
}

/// A comparison operator.
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

/// A function of OData that looks for one string in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StringMatch {
    /// `startswith`
    StartsWith,
    /// `endswith`
    EndsWith,
    /// `contains`
    Contains,
}

impl Value {
    /// The GUID, if it is one.
    #[must_use]
    pub fn id(&self) -> Option<Uuid> {
        match self {
            Self::Guid(id) => Some(*id),
            _ => None,
        }
    }
}

impl<F: Copy + PartialEq> Predicate<F> {
    /// The value that this property must have, if the condition says so.
    #[must_use]
    pub fn required(&self, field: F) -> Option<&Value> {
        match self {
            Self::All(all) => all.iter().find_map(|it| it.required(field)),
            Self::Compare(Operand::Field(of), Comparison::Eq, Operand::Value(value)) => {
                (*of == field).then_some(value)
            }
            _ => None,
        }
    }
}

impl<F> Predicate<F> {
    /// The condition that is always true.
    #[must_use]
    pub const fn always() -> Self {
        Self::All(Vec::new())
    }

    /// The conjunction of both conditions.
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

/// Folds case: lower case, character by character as Unicode defines it. The result is the same on
/// both engines and in every locale.
#[must_use]
pub fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}
