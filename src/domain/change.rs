//! What a PATCH says of one property.

/// Absent is not null: a property that a PATCH leaves out keeps its value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Change<T> {
    /// The property was not sent.
    #[default]
    Keep,
    /// The property was sent as null.
    Clear,
    /// The property was sent with a value.
    Set(T),
}

impl<T> Change<T> {
    /// The new value, where there is one.
    pub fn set(self) -> Option<T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Keep | Self::Clear => None,
        }
    }
}
