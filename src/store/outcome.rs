//! What became of a change.

use crate::domain::PoolId;

/// A change of one entity that may have conditions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<T> {
    /// It happened.
    Done(T),
    /// There is nothing of that id.
    Missing,
    /// There is, and it has changed since the caller looked.
    Stale,
}

/// What the caller knows of an entity that it wants to change (`If-Match`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Expected {
    /// Nothing, or only that it is there.
    #[default]
    Any,
    /// That it is at one of these revisions.
    Revisions(Vec<i64>),
}

impl Expected {
    /// Whether an entity at this revision is what the caller expects.
    #[must_use]
    pub fn holds(&self, revision: i64) -> bool {
        match self {
            Self::Any => true,
            Self::Revisions(revisions) => revisions.contains(&revision),
        }
    }
}

/// The place of an entity that belongs to a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<Id> {
    /// Its pool.
    pub pool: PoolId,
    /// Itself.
    pub id: Id,
}
