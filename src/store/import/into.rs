//! Where an import goes.

use crate::domain::PoolId;

/// The pool that an import goes into.
#[derive(Clone, Debug)]
pub enum ImportInto {
    /// One that is made by it.
    New(PoolId),
    /// One that exists.
    Existing(PoolId),
}

impl ImportInto {
    /// The pool.
    #[must_use]
    pub fn pool(&self) -> PoolId {
        match self {
            Self::New(pool) | Self::Existing(pool) => *pool,
        }
    }
}
