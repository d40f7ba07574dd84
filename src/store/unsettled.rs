//! Changes whose outcome could not be learnt in time.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Changes to ask about again, the oldest first, up to a maximum. One that is dropped for want of room
/// keeps its outcome: only the log does not tell it.
#[derive(Debug)]
pub(super) struct Unsettled<T>(Mutex<VecDeque<T>>);

impl<T> Default for Unsettled<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Unsettled<T> {
    const MOST: usize = 1_000;

    fn changes(&self) -> MutexGuard<'_, VecDeque<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn push(&self, change: T) {
        let mut changes = self.changes();
        if changes.len() == Self::MOST {
            changes.pop_front();
        }
        changes.push_back(change);
    }

    pub(super) fn pop(&self) -> Option<T> {
        self.changes().pop_front()
    }
}
