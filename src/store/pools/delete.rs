//! Deleting a pool.

use super::audit::audit;
use super::rows::{PoolRow, delete};
use crate::auth::{Permit, Write};
use crate::domain::{Activity, ChangeContext, Pool, PoolId, TenantId};
use crate::store::db::{Statement, Transaction, params};
use crate::store::entity::{Conditional, Precondition};
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::store::stock_entries;
use crate::store::write::WriteOutcome;

impl Store {
    /// Deletes a pool with its codes, assignments and device states. What was handed out stays in
    /// the ledger.
    pub async fn delete_pool(
        &self,
        permit: &Permit<Write>,
        id: PoolId,
        precondition: &Precondition,
        context: ChangeContext,
    ) -> Result<Conditional<()>, StoreError> {
        let (tenant, precondition) = (permit.tenant(), precondition.clone());
        let deleted =
            self.write_locking(id.uuid(), "delete pool", permit, context, move |transaction| {
                Box::pin(async move { delete_pool(transaction, tenant, id, &precondition).await })
            });
        deleted.await?.fresh()
    }
}

async fn delete_pool(
    transaction: &mut Transaction<'_>,
    tenant: TenantId,
    id: PoolId,
    precondition: &Precondition,
) -> Result<WriteOutcome<Conditional<()>>, StoreError> {
    let Some(pool) = transaction.row::<PoolRow>(delete(tenant, id)).await?.map(Pool::from) else {
        return Ok(WriteOutcome::Unchanged(Conditional::NotFound));
    };
    if !precondition.allows(pool.revision) {
        return Ok(WriteOutcome::Unchanged(Conditional::PreconditionFailed));
    }
    // A statement of its own: it sees codes that were appended while the first one waited.
    let codes = Statement::new(
        "delete from activation_codes where tenant_id = $1 and pool_id = $2",
        params![tenant, id],
    );
    transaction.execute(codes).await?;
    // After the codes: whatever has changed one of them has been committed.
    transaction.execute(stock_entries::delete(tenant, id)).await?;
    let audit = audit(Activity::DeletePool, pool.id, &pool.display_name).with(
        "activationCodeCount",
        Some(pool.code_count.to_string()),
        None,
    );
    Ok(WriteOutcome::Changed { value: Conditional::Done(()), audit, replay: String::new() })
}
