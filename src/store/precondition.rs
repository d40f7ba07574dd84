//! What became of a change.

use crate::domain::PoolId;

/// A change of one entity that may have conditions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conditional<T> {
    /// It happened.
    Done(T),
    /// There is nothing of that id.
    NotFound,
    /// There is, and it has changed since the caller looked.
    PreconditionFailed,
}

/// What the caller knows of an entity that it wants to change (`If-Match`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Precondition {
    /// Nothing, or only that it is there.
    #[default]
    Any,
    /// That it is at one of these revisions.
    Revisions(Vec<i64>),
}

impl Precondition {
    /// Whether an entity at this revision is what the caller expects.
    #[must_use]
    pub fn allows(&self, revision: i64) -> bool {
        match self {
            Self::Any => true,
            Self::Revisions(revisions) => revisions.contains(&revision),
        }
    }
}

/// The place of an entity that belongs to a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntityKey<Id> {
    /// Its pool.
    pub pool: PoolId,
    /// Itself.
    pub id: Id,
}
