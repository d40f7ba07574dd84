//! Each tenant's keys, unwrapped once and cached.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use const_format::formatcp;
use quick_cache::sync::Cache;

use super::master_key_source::MasterKeySource;
use super::rows::{KeyRow, WRAPPED_KEYS};
use crate::domain::TenantId;
use crate::store::db::{Bind, Engine, Statement, Unit, params};
use crate::store::error::StoreError;
use crate::vault::{MasterKey, MasterKeys, TenantKeys, WrappedKeys};

/// The master keys, and the tenants' keys that they have unwrapped.
pub(in crate::store) struct TenantKeyCache {
    masters: RwLock<Option<Masters>>,
    tenants: Cache<TenantId, Arc<TenantKeys>>,
}

/// The most tenants whose keys are cached.
const MAX_CACHED_TENANTS: usize = 10_000;

impl Default for TenantKeyCache {
    fn default() -> Self {
        Self { masters: RwLock::default(), tenants: Cache::new(MAX_CACHED_TENANTS) }
    }
}

impl fmt::Debug for TenantKeyCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TenantKeyCache(…)")
    }
}

#[derive(Debug)]
struct Masters {
    keys: Arc<MasterKeys>,
    source: MasterKeySource,
}

impl TenantKeyCache {
    /// The master keys.
    ///
    /// # Errors
    ///
    /// The store has not been prepared.
    pub(in crate::store) fn master_keys(&self) -> Result<Arc<MasterKeys>, StoreError> {
        let masters = self.masters.read().unwrap_or_else(PoisonError::into_inner);
        let keys = masters.as_ref().map(|masters| masters.keys.clone());
        keys.ok_or_else(|| StoreError::Unavailable("it has not been prepared yet".to_owned()))
    }

    pub(in crate::store) fn set_master_keys(&self, keys: Arc<MasterKeys>, source: MasterKeySource) {
        let mut masters = self.masters.write().unwrap_or_else(PoisonError::into_inner);
        *masters = Some(Masters { keys, source });
    }

    /// The keys of a tenant, made when it is first seen.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] if the keys are wrapped under a master key that this server does
    /// not have.
    pub(in crate::store) async fn get(
        &self,
        engine: &Engine,
        tenant: TenantId,
    ) -> Result<Arc<TenantKeys>, StoreError> {
        let masters = self.master_keys()?;
        if let Some(keys) = self.tenants.get(&tenant) {
            return Ok(keys);
        }
        let row = match newest_key(engine, tenant).await? {
            Some(row) => row,
            None => self.make_keys(engine, tenant, &masters).await?,
        };
        let masters = match masters.by_id(&row.master_key_id) {
            Some(_) => masters,
            None => self.reload_master_keys()?,
        };
        let master = masters.by_id(&row.master_key_id).ok_or_else(|| {
            StoreError::Unavailable(format!(
                "a tenant's keys are wrapped under master key {}, which is not among this server's ({})",
                row.master_key_id,
                masters.ids()
            ))
        })?;
        let keys = Arc::new(row.wrapped().unwrap(tenant, master)?);
        self.tenants.insert(tenant, keys.clone());
        Ok(keys)
    }

    /// Reads the master keys again, and keeps those that are known: a rotation may be replacing
    /// one by another.
    fn reload_master_keys(&self) -> Result<Arc<MasterKeys>, StoreError> {
        let known = self.master_keys()?;
        let mut masters = self.masters.write().unwrap_or_else(PoisonError::into_inner);
        let Some(Masters { keys, source }) = &mut *masters else { return Ok(known) };
        match source.read() {
            Ok(found) => *keys = Arc::new(Arc::unwrap_or_clone(found).and(keys)),
            Err(error) => tracing::warn!(%error, "the master keys cannot be read again"),
        }
        Ok(keys.clone())
    }

    /// Makes the keys of a new tenant, unless another server is faster: the stored ones count.
    async fn make_keys(
        &self,
        engine: &Engine,
        tenant: TenantId,
        known: &MasterKeys,
    ) -> Result<KeyRow, StoreError> {
        for master in known.iter() {
            store_keys(engine, tenant, master).await?;
            if let Some(row) = newest_key(engine, tenant).await? {
                return Ok(row);
            }
        }
        // A rotation has replaced all of them.
        store_keys(engine, tenant, self.reload_master_keys()?.first()).await?;
        let gone =
            || StoreError::Unavailable("this server has no master key of the database".to_owned());
        newest_key(engine, tenant).await?.ok_or_else(gone)
    }
}

/// Stores new keys for a tenant that has none, if the database still knows the master key. Its check
/// value is locked meanwhile, so that a rotation misses no tenant.
async fn store_keys(
    engine: &Engine,
    tenant: TenantId,
    master: &MasterKey,
) -> Result<(), StoreError> {
    let keys = WrappedKeys::generate(tenant, master);
    let insert = Statement::new(
        "insert into tenant_keys (tenant_id, key_id, master_key_id, data_key, fingerprint_key)
         select $1, $2, master_key_id, $4, $5
         from encryption_checks
         where master_key_id = $3 @lock(for key share)
         on conflict do nothing",
        params![tenant, keys.id.0, master.id().as_str(), keys.data, keys.fingerprint],
    );
    let unit = Unit::of("make tenant keys", tenant.uuid());
    let insert = insert.bind(engine.dialect())?;
    // A rotation may be holding the check value.
    let attempt = || engine.execute(unit, vec![insert.clone()]);
    engine.lock_retries().run(engine.wait_until(), attempt).await.map(drop)
}

async fn newest_key(engine: &Engine, tenant: TenantId) -> Result<Option<KeyRow>, StoreError> {
    let newest = Statement::new(formatcp!("{WRAPPED_KEYS} limit 1"), params![tenant]);
    engine.read_one(Unit::of("read tenant keys", tenant.uuid()), newest).await
}
