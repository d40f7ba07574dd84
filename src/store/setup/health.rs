//! Whether a prepared database is still ready.

use super::migrate;
use crate::store::error::StoreError;
use crate::store::handle::Store;

impl Store {
    /// Whether the database answers and has the schema that this program needs. Asks it by a
    /// connection that serves nothing else. To be called about once a second: [`health`](Self::health)
    /// and units of work that wait for a silent database learn from it.
    pub async fn probe(&self) -> Result<(), StoreError> {
        self.key_cache().master_keys()?;
        let found = migrate::is_current(self.engine()).await;
        self.known_health().set(found.as_ref().err().map(ToString::to_string));
        found
    }

    /// The same from what is known, in some 150 ms at most: from the last probe, or from another one
    /// if a connection has broken meanwhile, or the last one found a fault.
    pub async fn health(&self) -> Result<(), StoreError> {
        self.key_cache().master_keys()?;
        let health = self.known_health();
        if health.is_good(self.engine().last_broken()) {
            return Ok(());
        }
        let store = self.clone();
        let next = health.next();
        self.engine().tasks().spawn(async move {
            store.known_health().ask(async { drop(store.probe().await) }).await;
        });
        next.await.map_err(StoreError::Unavailable)
    }
}
