//! Requests with the same idempotency key wait for each other here, and hold no connection.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::OwnedMutexGuard;

use crate::domain::TenantId;

/// A tenant's caller and its key.
pub(super) type KeyName = (TenantId, String, String);

type KeyLock = tokio::sync::Mutex<()>;

/// A lock for each key that is in use.
#[derive(Debug, Default)]
pub(in crate::store) struct KeyLocks(Mutex<HashMap<KeyName, Weak<KeyLock>>>);

impl KeyLocks {
    /// How many entries there may be before those that are not in use are dropped.
    const MAX_IDLE_ENTRIES: usize = 1024;

    /// Waits until no other request has the key. The key is free again when the guard is dropped.
    pub(super) async fn lock(&self, name: KeyName) -> OwnedMutexGuard<()> {
        let lock = {
            let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if locks.len() >= Self::MAX_IDLE_ENTRIES {
                locks.retain(|_, lock| lock.strong_count() > 0);
            }
            let known = locks.get(&name).and_then(Weak::upgrade);
            known.unwrap_or_else(|| {
                let lock = Arc::new(KeyLock::new(()));
                locks.insert(name, Arc::downgrade(&lock));
                lock
            })
        };
        lock.lock_owned().await
    }
}
