//! What the identity provider keeps in memory: a bounded number of entries, each until it expires.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::Timestamp;

/// A map whose entries expire. A restart forgets all of them.
#[derive(Debug)]
pub(super) struct Bounded<K, V> {
    most: usize,
    entries: Mutex<HashMap<K, Entry<V>>>,
}

#[derive(Debug)]
pub(super) struct Entry<V> {
    /// In seconds since 1970.
    pub(super) expires: i64,
    pub(super) value: V,
}

impl<K: Eq + Hash + Clone, V> Bounded<K, V> {
    pub(super) fn new(most: usize) -> Self {
        Self { most, entries: Mutex::default() }
    }

    /// All entries, the expired ones included.
    pub(super) fn lock(&self) -> MutexGuard<'_, HashMap<K, Entry<V>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an entry that expires after so many seconds, unless the key has one already, or all places
    /// are taken by entries that have not expired.
    pub(super) fn try_insert(&self, key: K, value: V, seconds: i64, now: Timestamp) -> bool {
        let mut entries = self.lock();
        if entries.len() >= self.most {
            entries.retain(|_, entry| entry.expires > now.seconds());
        }
        if entries.len() >= self.most || entries.contains_key(&key) {
            return false;
        }
        entries.insert(key, Entry { expires: now.seconds() + seconds, value });
        true
    }

    /// Adds an entry likewise, in the place of the one that expires first if all are taken.
    pub(super) fn insert(&self, key: K, value: V, seconds: i64, now: Timestamp) {
        let mut entries = self.lock();
        if entries.len() >= self.most
            && let Some(first) = entries.iter().min_by_key(|(_, entry)| entry.expires)
        {
            let first = first.0.clone();
            entries.remove(&first);
        }
        entries.insert(key, Entry { expires: now.seconds() + seconds, value });
    }
}

#[cfg(test)]
mod tests {
    use super::Bounded;
    use crate::domain::Timestamp;

    #[test]
    fn no_more_entries_are_kept_than_there_are_places() {
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
        let kept = Bounded::new(2);
        assert!(kept.try_insert(1, (), 10, at(0)) && kept.try_insert(2, (), 20, at(0)));
        assert!(!kept.try_insert(2, (), 10, at(0)), "it is there already");
        assert!(!kept.try_insert(3, (), 10, at(9)), "all places are taken");
        assert!(kept.try_insert(3, (), 10, at(10)), "the first one has expired");
        kept.insert(4, (), 50, at(10));
        let mut left: Vec<_> = kept.lock().keys().copied().collect();
        left.sort_unstable();
        assert_eq!(left.len(), 2);
        assert!(left.contains(&4));
    }
}
