//! Each tenant's keys, unwrapped once and kept in memory.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::arguments::args;
use super::engine::{Dialect, Engine};
use super::record::record;
use super::statement::Statement;
use super::{MasterKeySource, Store, StoreError};
use crate::domain::TenantId;
use crate::vault::{KeyId, MasterKey, MasterKeys, TenantKeys, WrappedKeys};

/// The master keys, once the database was found to know them, and what they have opened so far.
#[derive(Debug, Default)]
pub(super) struct Keyring {
    masters: RwLock<Option<Masters>>,
    tenants: RwLock<HashMap<TenantId, Arc<TenantKeys>>>,
}

#[derive(Debug)]
struct Masters {
    keys: Arc<MasterKeys>,
    source: MasterKeySource,
}

record! {
    pub(super) struct KeyRow {
        key_id: i32,
        pub(super) master_key_id: String,
        data_key: Vec<u8>,
        fingerprint_key: Vec<u8>,
    }
}

/// A tenant's keys, the newest first.
macro_rules! wrapped_keys {
    () => {
        "select key_id, master_key_id, data_key, fingerprint_key
         from tenant_keys
         where tenant_id = $1
         order by key_id desc"
    };
}
pub(super) use wrapped_keys;

impl KeyRow {
    pub(super) fn wrapped(&self) -> WrappedKeys {
        WrappedKeys {
            id: KeyId(self.key_id),
            data: self.data_key.clone(),
            fingerprint: self.fingerprint_key.clone(),
        }
    }
}

impl Keyring {
    /// The master keys; without them the store is not prepared.
    pub(super) fn masters(&self) -> Result<Arc<MasterKeys>, StoreError> {
        let masters = self.masters.read().unwrap_or_else(PoisonError::into_inner);
        let keys = masters.as_ref().map(|masters| masters.keys.clone());
        keys.ok_or_else(|| StoreError::Unavailable("it is not yet prepared".to_owned()))
    }

    pub(super) fn set_masters(&self, keys: Arc<MasterKeys>, source: MasterKeySource) {
        let mut masters = self.masters.write().unwrap_or_else(PoisonError::into_inner);
        *masters = Some(Masters { keys, source });
    }

    /// The master keys with those that lie in their source by now: one may be taking another's
    /// place.
    fn look_again(&self) -> Result<Arc<MasterKeys>, StoreError> {
        let known = self.masters()?;
        let mut masters = self.masters.write().unwrap_or_else(PoisonError::into_inner);
        let Some(Masters { keys, source }) = &mut *masters else { return Ok(known) };
        match source.read() {
            Ok(found) => *keys = Arc::new(Arc::unwrap_or_clone(found).and(keys)),
            Err(error) => tracing::warn!(%error, "the master keys cannot be read again"),
        }
        Ok(keys.clone())
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
        let keyring = &self.0.keyring;
        let masters = keyring.masters()?;
        if let Some(keys) = keyring.known(tenant) {
            return Ok(keys);
        }
        let row = match newest_key(&self.0.engine, tenant).await? {
            Some(row) => row,
            None => self.make_keys(tenant, &masters).await?,
        };
        let masters = match masters.named(&row.master_key_id) {
            Some(_) => masters,
            None => keyring.look_again()?,
        };
        let master = masters.named(&row.master_key_id).ok_or_else(|| {
            StoreError::Unavailable(format!(
                "a tenant's keys are wrapped under master key {}, which is not among this server's ({})",
                row.master_key_id, masters.ids()
            ))
        })?;
        Ok(keyring.remember(tenant, row.wrapped().unwrap(tenant, master)?))
    }

    /// Makes the keys of a new tenant, unless another server is faster: what counts is what is
    /// stored.
    async fn make_keys(&self, tenant: TenantId, known: &MasterKeys) -> Result<KeyRow, StoreError> {
        let engine = &self.0.engine;
        for master in known.iter() {
            self.store_keys(tenant, master).await?;
            if let Some(row) = newest_key(engine, tenant).await? {
                return Ok(row);
            }
        }
        // Another key has taken the place of all of them.
        self.store_keys(tenant, self.0.keyring.look_again()?.first()).await?;
        let gone = || StoreError::Unavailable("no master key of the database is here".to_owned());
        newest_key(engine, tenant).await?.ok_or_else(gone)
    }

    /// Stores new keys for a tenant that has none, if the database still knows the master key: its
    /// check value is held meanwhile, so that a rotation misses none.
    async fn store_keys(&self, tenant: TenantId, master: &MasterKey) -> Result<(), StoreError> {
        macro_rules! insert {
            ($lock:literal) => {
                concat!(
                    "insert into tenant_keys
                       (tenant_id, key_id, master_key_id, data_key, fingerprint_key)
                     select $1, $2, master_key_id, $4, $5 from encryption_checks
                     where master_key_id = $3",
                    $lock,
                    " on conflict do nothing"
                )
            };
        }
        let dialect = self.0.engine.dialect();
        let sql = match dialect {
            Dialect::Postgres => insert!(" for key share"),
            Dialect::Sqlite => insert!(""),
        };
        let keys = WrappedKeys::generate(tenant, master);
        let args = args![tenant, keys.id.0, master.id().as_str(), keys.data, keys.fingerprint];
        self.0.engine.apply(vec![Statement::new(sql, args).encode(dialect)?]).await
    }
}

async fn newest_key(engine: &Engine, tenant: TenantId) -> Result<Option<KeyRow>, StoreError> {
    engine.read_one(Statement::new(concat!(wrapped_keys!(), " limit 1"), args![tenant])).await
}
