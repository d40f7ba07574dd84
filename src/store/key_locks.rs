//! Requests that would wait for each other in the database wait here, and hold no connection: those
//! with the same idempotency key, and those that change the same row.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Instant;

use tokio::sync::OwnedMutexGuard;
use uuid::Uuid;

use super::error::StoreError;
use crate::domain::TenantId;

/// A tenant's caller and its key.
pub(super) type KeyName = (TenantId, String, String);

/// A tenant's row, by its id.
pub(super) type RowName = (TenantId, Uuid);

/// Whether the request of the key is known to have been executed.
type KeyLock = tokio::sync::Mutex<bool>;

/// A lock for each key that is in use.
#[derive(Debug)]
pub(in crate::store) struct KeyLocks<K>(Mutex<HashMap<K, Weak<KeyLock>>>);

impl<K> Default for KeyLocks<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash> KeyLocks<K> {
    /// How many entries there may be before those that are not in use are dropped.
    const MAX_IDLE_ENTRIES: usize = 1024;

    /// Waits until no other request has the key. The key is free again when the guard is dropped.
    /// The guard holds what the others have set it to, at first false.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] if others have had it until then.
    pub(super) async fn lock(
        &self,
        name: K,
        until: Instant,
    ) -> Result<OwnedMutexGuard<bool>, StoreError> {
        let lock = {
            let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if locks.len() >= Self::MAX_IDLE_ENTRIES {
                locks.retain(|_, lock| lock.strong_count() > 0);
            }
            let known = locks.get(&name).and_then(Weak::upgrade);
            known.unwrap_or_else(|| {
                let lock = Arc::new(KeyLock::new(false));
                locks.insert(name, Arc::downgrade(&lock));
                lock
            })
        };
        let locked = tokio::time::timeout_at(until.into(), lock.lock_owned()).await;
        locked.map_err(|_| StoreError::Unavailable("too many change the same thing".to_owned()))
    }
}
