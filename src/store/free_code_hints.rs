//! Where the free codes of each pool begin.

use std::fmt;

use quick_cache::sync::Cache;

use crate::domain::PoolId;

/// For each pool, the position of the code that was last claimed. A claim starts there: on Postgres
/// every code before it has left a dead index entry that would have to be skipped. Only a hint: a
/// claim that finds nothing after it starts from the beginning.
pub(super) struct FreeCodeHints(Cache<PoolId, i32>);

/// The most pools that have a hint.
const MAX_HINTS: usize = 10_000;

impl Default for FreeCodeHints {
    fn default() -> Self {
        Self(Cache::new(MAX_HINTS))
    }
}

impl fmt::Debug for FreeCodeHints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FreeCodeHints({})", self.0.len())
    }
}

impl FreeCodeHints {
    /// The position to start from.
    pub(super) fn position(&self, pool: PoolId) -> i32 {
        self.0.get(&pool).unwrap_or_default()
    }

    pub(super) fn set(&self, pool: PoolId, position: i32) {
        self.0.insert(pool, position);
    }
}
