//! Replaces the master key, and with it every tenant's data key, while servers run.
//!
//! First the new key is added before the old one where servers read their keys, and the running
//! servers confirm that they have it. Then the old key's check value is deleted from the database.
//! From then on no server wraps keys under it, since an insert of a tenant's keys locks the check
//! value of the key that wraps them. Then each tenant's keys are wrapped again, and a new data key is
//! added to them, in a transaction per tenant. At last the old key is retired, and the servers read
//! the new data keys. What older data keys have sealed is sealed again afterwards.
//!
//! An interrupted rotation continues where it was when it is run again.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use const_format::formatcp;
use uuid::Uuid;

use super::migrate::lock_schema;
use super::servers::ServerAnswers;
use crate::domain::TenantId;
use crate::store::db::{Completion, Statement, Transaction, Unit, params, row};
use crate::store::error::{OpenError, StoreError};
use crate::store::handle::Store;
use crate::store::keys::{KeyRow, MasterKeySource, WRAPPED_KEYS, all_wrapped};
use crate::vault::{MasterKeyId, MasterKeys};

/// How long a rotation waits for another one that wraps the same keys.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// The result of a rotation.
#[derive(Debug)]
pub struct Rotated {
    /// The key that all tenants' keys are wrapped under now.
    pub key: MasterKeyId,
    /// How many tenants' keys were wrapped again and have a new data key.
    pub tenants: u64,
    /// What the running servers have answered: all that did have the key.
    pub servers: ServerAnswers,
    /// The file with the old keys, which only older backups need; or why they could not be moved.
    pub retired: Result<Option<PathBuf>, OpenError>,
}

row! {
    /// A master key that the database knows.
    struct KnownRow {
        master_key_id: String,
    }
}

impl Store {
    /// Wraps every tenant's keys under a new master key, and gives each tenant a new data key. The new
    /// master key is the first key of the source if that is not in use everywhere yet, else one that
    /// is made and added to the source. Returns `None` if there is nothing to do before the codes of
    /// the last rotation have been sealed again.
    ///
    /// # Errors
    ///
    /// [`OpenError::ServersLackKey`] if a running server does not have the new master key. The
    /// database is as it was then.
    pub async fn rotate_master_key(
        &self,
        source: &MasterKeySource,
    ) -> Result<Option<Rotated>, OpenError> {
        let lock = source.lock()?;
        let keys = source.read()?;
        let done = keys.iter().nth(1).is_none() && self.is_done(&keys).await?;
        if done && self.is_resealing().await? {
            self.ask_servers(Some(keys.first().id())).await?;
            return Ok(None);
        }
        let keys = if done { lock.add_new()? } else { keys };
        let servers = self.ask_servers(Some(keys.first().id())).await?;
        if !servers.lacking.is_empty() {
            let key = keys.first().id().to_string();
            return Err(OpenError::ServersLackKey { key, servers: servers.lacking });
        }
        self.announce(&keys).await?;
        let mut tenants = 0;
        while let Some(tenant) = self.next_to_wrap(&keys).await? {
            self.wrap_again_for(tenant, &keys).await?;
            tenants += 1;
        }
        let retired = lock.retire_others(&keys);
        // Those that do not answer learn of it when they meet a code under a new data key.
        self.ask_servers(Some(keys.first().id())).await?;
        Ok(Some(Rotated { key: keys.first().id().clone(), tenants, servers, retired }))
    }

    /// Whether everything is wrapped under the first key already.
    async fn is_done(&self, keys: &MasterKeys) -> Result<bool, StoreError> {
        let known = Statement::new("select master_key_id from encryption_checks", params![]);
        let known: Vec<KnownRow> =
            self.engine().read(Unit::new("rotate master key"), known).await?;
        let first = keys.first().id().as_str();
        let only_first = known.iter().all(|row| row.master_key_id == first);
        Ok(only_first && self.next_to_wrap(keys).await?.is_none())
    }

    /// Makes the first key the only one that the database knows.
    async fn announce(&self, keys: &Arc<MasterKeys>) -> Result<(), OpenError> {
        let keys = keys.clone();
        let announced = self.engine().transaction(
            Unit::new("rotate master key"),
            self.engine().deadline(),
            move |transaction| {
                Box::pin(async move {
                    lock_schema(transaction).await?;
                    // Another machine may have rotated to a key of its own meanwhile.
                    let known = "select master_key_id from encryption_checks";
                    let known: Vec<KnownRow> =
                        transaction.rows(Statement::new(known, params![])).await?;
                    for KnownRow { master_key_id } in known {
                        if keys.by_id(&master_key_id).is_none() {
                            return Err(wrong_key(&keys, master_key_id));
                        }
                    }
                    let first = keys.first();
                    let insert = Statement::new(
                        "insert into encryption_checks (master_key_id, check_value) values ($1, $2)
                     on conflict do nothing",
                        params![first.id().as_str(), first.check_value()],
                    );
                    transaction.execute(insert).await?;
                    let forget = "delete from encryption_checks where master_key_id <> $1";
                    transaction
                        .execute(Statement::new(forget, params![first.id().as_str()]))
                        .await?;
                    Ok::<_, OpenError>(Completion::Commit(()))
                })
            },
        );
        announced.await
    }

    /// A tenant whose keys are wrapped under another key than the first.
    async fn next_to_wrap(&self, keys: &MasterKeys) -> Result<Option<TenantId>, StoreError> {
        let next = "select tenant_id from tenant_keys where master_key_id <> $1 limit 1";
        let next = Statement::new(next, params![keys.first().id().as_str()]);
        let row: Option<(Uuid,)> =
            self.engine().read_one(Unit::new("rotate master key"), next).await?;
        Ok(row.map(|(tenant,)| tenant.into()))
    }

    async fn wrap_again_for(
        &self,
        tenant: TenantId,
        keys: &Arc<MasterKeys>,
    ) -> Result<(), OpenError> {
        let keys = keys.clone();
        let wrapped = self.engine().transaction(
            Unit::new("rotate master key"),
            self.engine().deadline(),
            move |transaction| {
                Box::pin(async move {
                    transaction.wait_for_locks(LOCK_TIMEOUT).await?;
                    wrap_all(transaction, tenant, &keys).await?;
                    Ok::<_, OpenError>(Completion::Commit(()))
                })
            },
        );
        wrapped.await
    }
}

/// Wraps a tenant's keys again, and adds a data key.
async fn wrap_all(
    transaction: &mut Transaction<'_>,
    tenant: TenantId,
    keys: &MasterKeys,
) -> Result<(), OpenError> {
    let lock = Statement::new(formatcp!("{WRAPPED_KEYS} @lock(for update)"), params![tenant]);
    let rows: Vec<KeyRow> = transaction.rows(lock).await?;
    let first = keys.first();
    if rows.iter().all(|row| row.master_key_id == first.id().as_str()) {
        // Another rotation to the same key was faster.
        return Ok(());
    }
    let mut wrapped = Vec::with_capacity(rows.len());
    for (row, old_keys) in rows.iter().zip(all_wrapped(&rows)) {
        let old = keys.by_id(&row.master_key_id);
        let old = old.ok_or_else(|| wrong_key(keys, row.master_key_id.clone()))?;
        let new = old_keys.rewrap(tenant, old, first).map_err(StoreError::from)?;
        let update = Statement::new(
            "update tenant_keys
             set master_key_id = $3, data_key = $4, fingerprint_key = $5
             where tenant_id = $1 and key_id = $2",
            params![
                tenant,
                new.id.0,
                first.id().as_str(),
                new.data.clone(),
                new.fingerprint.clone()
            ],
        );
        transaction.execute(update).await?;
        wrapped.push(new);
    }
    let Some(newest) = wrapped.first() else { return Ok(()) };
    let new = newest.next(tenant, first).map_err(StoreError::from)?;
    let insert = Statement::new(
        "insert into tenant_keys (tenant_id, key_id, master_key_id, data_key, fingerprint_key)
         values ($1, $2, $3, $4, $5)",
        params![tenant, new.id.0, first.id().as_str(), new.data, new.fingerprint],
    );
    transaction.execute(insert).await?;
    // Once for what was sealed until now, and once for what was being sealed meanwhile.
    let due = "update key_state set passes_due = 2";
    transaction.execute(Statement::new(due, params![])).await?;
    Ok(())
}

fn wrong_key(keys: &MasterKeys, theirs: String) -> OpenError {
    OpenError::WrongMasterKey { ours: keys.ids(), theirs }
}
