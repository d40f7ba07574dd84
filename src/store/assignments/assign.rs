//! Replacing all assignments of a pool.

use super::audit::{of_pool, with_target};
use super::replay::AssignmentReplay;
use super::rows::{all, delete, insert};
use crate::auth::{Permit, Write};
use crate::domain::{Activity, Assignment, ChangeContext, NewAssignment, PoolId, TenantId};
use crate::store::db::Transaction;
use crate::store::entity::EntityKey;
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::store::pools::lock_pool;
use crate::store::write::{Idempotent, WriteOutcome, read_replay, write_replay};

impl Store {
    /// Replaces all assignments of a pool, or `None` if this tenant has no such pool. An assignment
    /// whose target stays keeps its id. Atomic.
    pub async fn assign(
        &self,
        permit: &Permit<Write>,
        pool: PoolId,
        new: Vec<NewAssignment>,
        context: ChangeContext,
    ) -> Result<Option<Vec<Assignment>>, StoreError> {
        let tenant = permit.tenant();
        let targets: Vec<_> = new.iter().map(|new| new.target.clone()).collect();
        let assigned =
            self.write_locking(pool.uuid(), "assign", permit, context, move |transaction| {
                Box::pin(async move { assign(transaction, tenant, pool, new).await })
            });
        match assigned.await? {
            Idempotent::Fresh(assigned) => Ok(assigned),
            Idempotent::Replayed(replay) => {
                let replays: Vec<AssignmentReplay> = read_replay(&replay)?;
                let assigned = replays.into_iter().zip(targets);
                Ok(Some(assigned.map(|(replay, target)| replay.with(target)).collect()))
            }
        }
    }
}

async fn assign(
    transaction: &mut Transaction<'_>,
    tenant: TenantId,
    pool: PoolId,
    new: Vec<NewAssignment>,
) -> Result<WriteOutcome<Option<Vec<Assignment>>>, StoreError> {
    if !lock_pool(transaction, tenant, pool).await? {
        return Ok(WriteOutcome::Unchanged(None));
    }
    let old = all(transaction, tenant, pool).await?;
    let kept = |new: &NewAssignment| old.iter().find(|old| old.target == new.target);
    let mut audit = of_pool(Activity::Assign, pool);
    for gone in old.iter().filter(|old| !new.iter().any(|new| new.target == old.target)) {
        transaction.execute(delete(tenant, EntityKey { pool, id: gone.id })).await?;
        audit = with_target(audit, gone.id, [Some(&gone.target), None]);
    }
    for new in new.iter().filter(|new| kept(new).is_none()) {
        transaction.execute(insert(tenant, pool, new)).await?;
        audit = with_target(audit, new.id, [None, Some(&new.target)]);
    }
    let assigned = new.iter().map(|new| kept(new).cloned().unwrap_or_else(|| new.as_assignment()));
    let assigned: Vec<_> = assigned.collect();
    let replay = write_replay(&assigned.iter().map(AssignmentReplay::from).collect::<Vec<_>>());
    Ok(WriteOutcome::Changed { value: Some(assigned), audit, replay })
}
