//! Replaces the master key while servers run.
//!
//! First the new key is added before the old one where servers read their keys. Then the old key's
//! check value is deleted from the database. From then on no server wraps keys under it, since an
//! insert of a tenant's keys locks the check value of the key that wraps them. Then each tenant's
//! keys are wrapped again, in a transaction per tenant, and at last the old key is retired. An
//! interrupted rotation continues where it was when it is run again.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use const_format::formatcp;
use uuid::Uuid;

use super::migrate::lock_schema;
use crate::domain::TenantId;
use crate::store::db::{Completion, Statement, Transaction, Unit, params, row};
use crate::store::error::{OpenError, StoreError};
use crate::store::handle::Store;
use crate::store::keys::{KeyRow, MasterKeySource, WRAPPED_KEYS};
use crate::vault::{MasterKeyId, MasterKeys};

/// How long a rotation waits for another one that wraps the same keys.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// The result of a rotation.
#[derive(Debug)]
pub struct Rotated {
    /// The key that all tenants' keys are wrapped under now.
    pub key: MasterKeyId,
    /// How many tenants' keys were wrapped again.
    pub tenants: u64,
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
    /// Wraps every tenant's keys under a new master key: the first key of the source if that is not
    /// in use everywhere yet, else one that is made and added to the source.
    pub async fn rotate_master_key(&self, source: &MasterKeySource) -> Result<Rotated, OpenError> {
        let keys = source.read()?;
        let new = keys.iter().nth(1).is_none() && self.is_done(&keys).await?;
        let keys = if new { source.add_new()? } else { keys };
        self.announce(&keys).await?;
        let mut tenants = 0;
        while let Some(tenant) = self.next_to_wrap(&keys).await? {
            self.wrap_again_for(tenant, &keys).await?;
            tenants += 1;
        }
        let retired = source.retire_others(&keys);
        Ok(Rotated { key: keys.first().id().clone(), tenants, retired })
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

async fn wrap_all(
    transaction: &mut Transaction<'_>,
    tenant: TenantId,
    keys: &MasterKeys,
) -> Result<(), OpenError> {
    let lock = Statement::new(formatcp!("{WRAPPED_KEYS} @lock(for update)"), params![tenant]);
    let rows: Vec<KeyRow> = transaction.rows(lock).await?;
    for row in rows {
        let old = keys.by_id(&row.master_key_id);
        let old = old.ok_or_else(|| OpenError::WrongMasterKey {
            ours: keys.ids(),
            theirs: row.master_key_id.clone(),
        })?;
        let new = row.wrapped().rewrap(tenant, old, keys.first()).map_err(StoreError::from)?;
        let update = Statement::new(
            "update tenant_keys
             set master_key_id = $3, data_key = $4, fingerprint_key = $5
             where tenant_id = $1 and key_id = $2",
            params![tenant, new.id.0, keys.first().id().as_str(), new.data, new.fingerprint],
        );
        transaction.execute(update).await?;
    }
    Ok(())
}
