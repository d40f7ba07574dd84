//! Each tenant's keys, unwrapped once and kept in memory.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, RwLock};

use sqlx::FromRow;

use super::engine::Engine;
use super::statement::{Statement, args};
use super::{OpenError, Store, StoreError};
use crate::domain::TenantId;
use crate::vault::{KeyId, MasterKey, TenantKeys, WrappedKeys};

/// The master key, once the database was found to know it, and what it has opened so far.
#[derive(Debug, Default)]
pub(super) struct Keyring {
    master: OnceLock<Arc<MasterKey>>,
    tenants: RwLock<HashMap<TenantId, Arc<TenantKeys>>>,
}

#[derive(FromRow)]
struct KeyRow {
    key_id: i32,
    data_key: Vec<u8>,
    fingerprint_key: Vec<u8>,
}

impl Keyring {
    /// The master key; without it the store is not prepared.
    pub(super) fn master(&self) -> Result<&MasterKey, StoreError> {
        self.master
            .get()
            .map(Arc::as_ref)
            .ok_or_else(|| StoreError::Unavailable("it is not yet prepared".to_owned()))
    }

    pub(super) fn set_master(&self, master: Arc<MasterKey>) -> Result<(), OpenError> {
        self.master
            .set(master)
            .map_err(|_| OpenError::Unavailable("the store was prepared twice".to_owned()))
    }

    fn known(&self, tenant: TenantId) -> Option<Arc<TenantKeys>> {
        let tenants = self.tenants.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        tenants.get(&tenant).cloned()
    }

    fn remember(&self, tenant: TenantId, keys: TenantKeys) -> Arc<TenantKeys> {
        let mut tenants = self.tenants.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        tenants.entry(tenant).or_insert_with(|| Arc::new(keys)).clone()
    }
}

impl Store {
    /// The keys of a tenant, made when it is first met.
    pub(super) async fn tenant_keys(
        &self,
        tenant: TenantId,
    ) -> Result<Arc<TenantKeys>, StoreError> {
        let master = self.0.keyring.master()?;
        if let Some(keys) = self.0.keyring.known(tenant) {
            return Ok(keys);
        }
        let engine = &self.0.engine;
        let row = if let Some(row) = newest_key(engine, tenant).await? {
            row
        } else {
            let keys = WrappedKeys::generate(tenant, master);
            let insert = Statement::new(
                "insert into tenant_keys
                   (tenant_id, key_id, master_key_id, data_key, fingerprint_key)
                 values ($1, $2, $3, $4, $5)
                 on conflict do nothing",
                args![tenant, keys.id.0, master.id().as_str(), keys.data, keys.fingerprint],
            );
            engine.apply(vec![insert.encode(engine.dialect())?]).await?;
            // Another server may have been first: what counts is what is stored.
            let stored = newest_key(engine, tenant).await?;
            stored.ok_or_else(|| StoreError::Unavailable("a tenant's key vanished".to_owned()))?
        };
        let wrapped = WrappedKeys {
            id: KeyId(row.key_id),
            data: row.data_key,
            fingerprint: row.fingerprint_key,
        };
        Ok(self.0.keyring.remember(tenant, wrapped.unwrap(tenant, master)?))
    }
}

async fn newest_key(engine: &Engine, tenant: TenantId) -> Result<Option<KeyRow>, StoreError> {
    engine
        .read_one(Statement::new(
            "select key_id, data_key, fingerprint_key
             from tenant_keys
             where tenant_id = $1
             order by key_id desc
             limit 1",
            args![tenant],
        ))
        .await
}
