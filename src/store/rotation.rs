//! A new master key takes the old one's place, while servers run.
//!
//! First the new key stands beside the old one where servers read their keys. Then the database
//! forgets the old one's check value: from that moment on no server wraps anything under it any
//! more, since an insert of a tenant's keys holds the check value of the key that wraps them. Then
//! each tenant's keys are wrapped again, a transaction a tenant, and at last the old key goes.
//! Whatever is interrupted goes on where it was when it is begun again.

use std::path::PathBuf;
use std::sync::Arc;

use uuid::Uuid;

use super::arguments::args;
use super::engine::Dialect;
use super::keyring::{KeyRow, wrapped_keys};
use super::record::record;
use super::statement::Statement;
use super::work::{End, Work};
use super::{MasterKeySource, OpenError, Store, StoreError, migrate};
use crate::domain::TenantId;
use crate::vault::{MasterKeyId, MasterKeys};

/// What a rotation came to.
#[derive(Debug)]
pub struct Rotated {
    /// The key that everything is wrapped under now.
    pub key: MasterKeyId,
    /// How many tenants' keys were wrapped anew.
    pub tenants: u64,
    /// The file that holds what only older backups still need; or why the keys still stand together.
    pub retired: Result<Option<PathBuf>, OpenError>,
}

record! {
    /// The master keys that the database knows, each by its name.
    struct KnownRow {
        master_key_id: String,
    }
}

impl Store {
    /// Wraps every tenant's keys under a new master key: under the first one where the source holds
    /// several, or one that is not yet in use; else under one that is made and put there.
    pub async fn rotate_master_key(&self, source: &MasterKeySource) -> Result<Rotated, OpenError> {
        let keys = source.read()?;
        let new = keys.iter().nth(1).is_none() && self.is_done(&keys).await?;
        let keys = if new { source.add_new()? } else { keys };
        self.announce(&keys).await?;
        let mut tenants = 0;
        while let Some(tenant) = self.next_to_wrap(&keys).await? {
            self.wrap_anew(tenant, &keys).await?;
            tenants += 1;
        }
        let retired = source.retire_others(&keys);
        Ok(Rotated { key: keys.first().id().clone(), tenants, retired })
    }

    /// Whether everything is wrapped under the first key already.
    async fn is_done(&self, keys: &MasterKeys) -> Result<bool, StoreError> {
        let known = Statement::new("select master_key_id from encryption_checks", args![]);
        let known: Vec<KnownRow> = self.0.engine.read(known).await?;
        let first = keys.first().id().as_str();
        let only_first = known.iter().all(|row| row.master_key_id == first);
        Ok(only_first && self.next_to_wrap(keys).await?.is_none())
    }

    /// Lets the database know the first key, and no other.
    async fn announce(&self, keys: &Arc<MasterKeys>) -> Result<(), OpenError> {
        let keys = keys.clone();
        let announced = self.0.engine.unit(move |work| {
            Box::pin(async move {
                migrate::lock(work).await?;
                let first = keys.first();
                let insert = Statement::new(
                    "insert into encryption_checks (master_key_id, check_value) values ($1, $2)
                     on conflict do nothing",
                    args![first.id().as_str(), first.check_value()],
                );
                work.run(insert).await?;
                let forget = "delete from encryption_checks where master_key_id <> $1";
                work.run(Statement::new(forget, args![first.id().as_str()])).await?;
                Ok::<_, OpenError>(End::Commit(()))
            })
        });
        announced.await
    }

    /// A tenant whose keys are wrapped under another key than the first.
    async fn next_to_wrap(&self, keys: &MasterKeys) -> Result<Option<TenantId>, StoreError> {
        let next = "select tenant_id from tenant_keys where master_key_id <> $1 limit 1";
        let next = Statement::new(next, args![keys.first().id().as_str()]);
        let row: Option<(Uuid,)> = self.0.engine.read_one(next).await?;
        Ok(row.map(|(tenant,)| tenant.into()))
    }

    async fn wrap_anew(&self, tenant: TenantId, keys: &Arc<MasterKeys>) -> Result<(), OpenError> {
        let keys = keys.clone();
        let wrapped = self.0.engine.unit(move |work| {
            Box::pin(async move {
                wrap_all(work, tenant, &keys).await?;
                Ok::<_, OpenError>(End::Commit(()))
            })
        });
        wrapped.await
    }
}

async fn wrap_all(
    work: &mut Work<'_>,
    tenant: TenantId,
    keys: &MasterKeys,
) -> Result<(), OpenError> {
    let sql = match work.dialect() {
        Dialect::Postgres => concat!(wrapped_keys!(), " for update"),
        Dialect::Sqlite => wrapped_keys!(),
    };
    let rows: Vec<KeyRow> = work.rows(Statement::new(sql, args![tenant])).await?;
    for row in rows {
        let old = keys.named(&row.master_key_id);
        let old = old.ok_or_else(|| OpenError::WrongMasterKey {
            ours: keys.ids(),
            theirs: row.master_key_id.clone(),
        })?;
        let new = row.wrapped().wrap_again(tenant, old, keys.first()).map_err(StoreError::from)?;
        let update = Statement::new(
            "update tenant_keys
             set master_key_id = $3, data_key = $4, fingerprint_key = $5
             where tenant_id = $1 and key_id = $2",
            args![tenant, new.id.0, keys.first().id().as_str(), new.data, new.fingerprint],
        );
        work.run(update).await?;
    }
    Ok(())
}
