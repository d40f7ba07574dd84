//! Each tenant's keys, unwrapped once and cached.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use quick_cache::sync::Cache;

use super::master_key_source::MasterKeySource;
use super::rows::{KeyRow, WRAPPED_KEYS, all_wrapped};
use crate::domain::TenantId;
use crate::store::db::{Bind, Engine, Statement, Unit, params};
use crate::store::error::StoreError;
use crate::vault::{MasterKey, MasterKeys, TenantKeys, WrappedKeys};

/// The master keys, and the tenants' keys that they have unwrapped.
pub(in crate::store) struct TenantKeyCache {
    masters: RwLock<Option<Masters>>,
    tenants: Cache<TenantId, Arc<TenantKeys>>,
    /// How often keys were forgotten: keys that were read before are not cached.
    forgotten: AtomicU64,
}

/// The most tenants whose keys are cached.
const MAX_CACHED_TENANTS: usize = 10_000;

impl Default for TenantKeyCache {
    fn default() -> Self {
        Self {
            masters: RwLock::default(),
            tenants: Cache::new(MAX_CACHED_TENANTS),
            forgotten: AtomicU64::new(0),
        }
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
        let forgotten = self.forgotten.load(Ordering::Acquire);
        let mut rows = stored_keys(engine, tenant).await?;
        if rows.is_empty() {
            rows = self.make_keys(engine, tenant, &masters).await?;
        }
        // All keys of a tenant are wrapped under one master key.
        let used = rows.first().map(|row| row.master_key_id.as_str()).unwrap_or_default();
        let masters = match masters.by_id(used) {
            Some(_) => masters,
            None => self.reload_master_keys()?,
        };
        let master = masters.by_id(used).ok_or_else(|| {
            StoreError::Unavailable(format!(
                "a tenant's keys are wrapped under master key {used}, which is not among this server's ({})",
                masters.ids()
            ))
        })?;
        let keys = Arc::new(WrappedKeys::unwrap_all(&all_wrapped(&rows), tenant, master)?);
        self.tenants.insert(tenant, keys.clone());
        if self.forgotten.load(Ordering::Acquire) != forgotten {
            self.tenants.remove(&tenant);
        }
        Ok(keys)
    }

    /// Forgets the keys of a tenant: it has newer ones.
    pub(in crate::store) fn forget(&self, tenant: TenantId) {
        self.forgotten.fetch_add(1, Ordering::AcqRel);
        self.tenants.remove(&tenant);
    }

    /// Forgets the keys of all tenants, and reads the master keys again.
    pub(in crate::store) fn refresh(&self) -> Result<Arc<MasterKeys>, StoreError> {
        let masters = self.reload_master_keys()?;
        self.forgotten.fetch_add(1, Ordering::AcqRel);
        self.tenants.clear();
        Ok(masters)
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
    ) -> Result<Vec<KeyRow>, StoreError> {
        for master in known.iter() {
            store_keys(engine, tenant, master).await?;
            let rows = stored_keys(engine, tenant).await?;
            if !rows.is_empty() {
                return Ok(rows);
            }
        }
        // A rotation has replaced all of them.
        store_keys(engine, tenant, self.reload_master_keys()?.first()).await?;
        let rows = stored_keys(engine, tenant).await?;
        if rows.is_empty() {
            let cause = "this server has no master key of the database".to_owned();
            return Err(StoreError::Unavailable(cause));
        }
        Ok(rows)
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
    let tenant_row = Statement::new(
        "insert into tenants (tenant_id) values ($1) on conflict do nothing",
        params![tenant],
    );
    let statements = [insert.bind(engine.dialect())?, tenant_row.bind(engine.dialect())?];
    // A rotation may be holding the check value.
    let attempt = || engine.execute(unit, statements.to_vec());
    let made = engine.lock_retries().run(Some(tenant), engine.wait_until(), attempt).await;
    made.map(drop).map_err(StoreError::before_commit)
}

/// The wrapped keys of a tenant, newest first.
async fn stored_keys(engine: &Engine, tenant: TenantId) -> Result<Vec<KeyRow>, StoreError> {
    let keys = Statement::new(WRAPPED_KEYS, params![tenant]);
    engine.read(Unit::of("read tenant keys", tenant.uuid()), keys).await
}
