//! Renaming a pool and appending codes to it.

use std::sync::Arc;

use super::audit::audit;
use super::rows::{PoolRow, lock, next_position, update};
use crate::auth::{Permit, Write};
use crate::domain::{Activity, AuditDraft, ChangeContext, Pool, PoolId, PoolUpdate, TenantId};
use crate::offload::offload;
use crate::store::codes::{self, SealedCode, SealedCodes};
use crate::store::db::{Bind, BoundStatement, Dialect, Transaction};
use crate::store::entity::{Conditional, Precondition};
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::store::stock_entries;
use crate::store::write::WriteOutcome;
use crate::vault::TenantKeys;

impl Store {
    /// Renames a pool and appends codes to it, skipping codes that it has. An update that changes
    /// nothing is not audited.
    pub async fn update_pool(
        &self,
        permit: &Permit<Write>,
        id: PoolId,
        precondition: &Precondition,
        update: &Arc<PoolUpdate>,
        context: ChangeContext,
    ) -> Result<Conditional<Pool>, StoreError> {
        let (tenant, precondition) = (permit.tenant(), precondition.clone());
        // Encrypted before the pool is locked.
        let append = self.append_statement(tenant, id, update).await?;
        let update = update.clone();
        let updated =
            self.write_locking(id.uuid(), "update pool", permit, context, move |transaction| {
                Box::pin(async move {
                    update_pool(transaction, (tenant, id), &precondition, &update, append).await
                })
            });
        updated.await?.fresh()
    }

    async fn append_statement(
        &self,
        tenant: TenantId,
        pool: PoolId,
        update: &Arc<PoolUpdate>,
    ) -> Result<Option<BoundStatement>, StoreError> {
        if update.codes.is_empty() {
            return Ok(None);
        }
        let keys = self.tenant_keys(tenant).await?;
        let (dialect, codes, update) = (self.dialect(), update.codes.len(), update.clone());
        offload(codes, move || append(tenant, pool, &keys, &update, dialect)).await.map(Some)
    }
}

async fn update_pool(
    transaction: &mut Transaction<'_>,
    (tenant, id): (TenantId, PoolId),
    precondition: &Precondition,
    change: &PoolUpdate,
    append: Option<BoundStatement>,
) -> Result<WriteOutcome<Conditional<Pool>>, StoreError> {
    let Some(current) = lock(transaction, tenant, id).await? else {
        return Ok(WriteOutcome::Unchanged(Conditional::NotFound));
    };
    if !precondition.allows(current.revision) {
        return Ok(WriteOutcome::Unchanged(Conditional::PreconditionFailed));
    }
    let first_position = match append {
        Some(_) => next_position(transaction, tenant, id).await?,
        None => 0,
    };
    let appended = match append {
        Some(append) => transaction.execute(append).await?,
        None => 0,
    };
    if appended > 0 {
        let count = stock_entries::count_stored(tenant, id, first_position);
        transaction.execute(count).await?;
    }
    let name = change.display_name.as_ref().filter(|name| **name != current.display_name);
    if appended == 0 && name.is_none() {
        return Ok(WriteOutcome::Unchanged(Conditional::Done(current)));
    }
    let updated = update(tenant, id, name, appended, change.at);
    let Some(updated) = transaction.row::<PoolRow>(updated).await?.map(Pool::from) else {
        return Ok(WriteOutcome::Unchanged(Conditional::NotFound));
    };
    let audit = audit_of_change(&current, &updated);
    Ok(WriteOutcome::Changed { value: Conditional::Done(updated), audit, replay: String::new() })
}

fn audit_of_change(old: &Pool, new: &Pool) -> AuditDraft {
    let name = |pool: &Pool| Some(pool.display_name.as_str().to_owned());
    let count = |pool: &Pool| Some(pool.code_count.to_string());
    audit(Activity::UpdatePool, new.id, &new.display_name)
        .with("displayName", name(old), name(new))
        .with("activationCodeCount", count(old), count(new))
}

fn append(
    tenant: TenantId,
    pool: PoolId,
    keys: &TenantKeys,
    update: &PoolUpdate,
    dialect: Dialect,
) -> Result<BoundStatement, StoreError> {
    let codes = SealedCodes {
        pool,
        at: update.at,
        first_position: 0,
        unique: update.unique_iccids,
        import: None,
        key_id: keys.id(),
        codes: SealedCode::all(keys, pool, &update.codes),
    };
    codes::append(tenant, &codes).bind(dialect)
}
