//! Creating, updating and deleting one assignment.

use super::audit::of_assignment;
use super::replay::AssignmentReplay;
use super::rows::{AssignmentRow, delete, insert, lock, update};
use crate::auth::{Permit, Write};
use crate::domain::{
    Activity, Assignment, AssignmentId, ChangeContext, NewAssignment, PoolId, Target,
};
use crate::store::entity::{Conditional, EntityKey, Precondition};
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::store::pools::lock_pool;
use crate::store::write::{Idempotent, WriteOutcome, read_replay, write_replay};

impl Store {
    /// Adds an assignment to a pool, or `None` if this tenant has no such pool.
    ///
    /// # Errors
    ///
    /// [`Conflict::TargetExists`](crate::store::Conflict::TargetExists) if the pool has an
    /// assignment with the same target.
    pub async fn create_assignment(
        &self,
        permit: &Permit<Write>,
        pool: PoolId,
        new: NewAssignment,
        context: ChangeContext,
    ) -> Result<Option<Assignment>, StoreError> {
        let (tenant, target) = (permit.tenant(), new.target.clone());
        let created = self.write_locking(
            pool.uuid(),
            "create assignment",
            permit,
            context,
            move |transaction| {
                Box::pin(async move {
                    if !lock_pool(transaction, tenant, pool).await? {
                        return Ok(WriteOutcome::Unchanged(None));
                    }
                    transaction.execute(insert(tenant, pool, &new)).await?;
                    let created = new.as_assignment();
                    let targets = [None, Some(&created.target)];
                    let audit = of_assignment(Activity::CreateAssignment, pool, &created, targets);
                    let replay = write_replay(&AssignmentReplay::from(&created));
                    Ok(WriteOutcome::Changed { value: Some(created), audit, replay })
                })
            },
        );
        match created.await? {
            Idempotent::Fresh(created) => Ok(created),
            Idempotent::Replayed(replay) => {
                let replay: AssignmentReplay = read_replay(&replay)?;
                Ok(Some(replay.with(target)))
            }
        }
    }

    /// Gives an assignment another target.
    pub async fn update_assignment(
        &self,
        permit: &Permit<Write>,
        key: EntityKey<AssignmentId>,
        precondition: &Precondition,
        target: Option<Target>,
        context: ChangeContext,
    ) -> Result<Conditional<Assignment>, StoreError> {
        let (tenant, precondition) = (permit.tenant(), precondition.clone());
        let updated = self.write("update assignment", permit, context, move |transaction| {
            Box::pin(async move {
                let Some(current) = lock(transaction, tenant, key).await? else {
                    return Ok(WriteOutcome::Unchanged(Conditional::NotFound));
                };
                if !precondition.allows(current.revision) {
                    return Ok(WriteOutcome::Unchanged(Conditional::PreconditionFailed));
                }
                let Some(target) = target.filter(|target| *target != current.target) else {
                    return Ok(WriteOutcome::Unchanged(Conditional::Done(current)));
                };
                transaction.execute(update(tenant, key, &target, context.at)).await?;
                let targets = [Some(&current.target), Some(&target)];
                let audit = of_assignment(Activity::UpdateAssignment, key.pool, &current, targets);
                let revision = current.revision + 1;
                let value = Conditional::Done(Assignment { target, revision, ..current });
                Ok(WriteOutcome::Changed { value, audit, replay: String::new() })
            })
        });
        updated.await?.fresh()
    }

    /// Deletes an assignment.
    pub async fn delete_assignment(
        &self,
        permit: &Permit<Write>,
        key: EntityKey<AssignmentId>,
        precondition: &Precondition,
        context: ChangeContext,
    ) -> Result<Conditional<()>, StoreError> {
        let (tenant, precondition) = (permit.tenant(), precondition.clone());
        let deleted = self.write("delete assignment", permit, context, move |transaction| {
            Box::pin(async move {
                let row = transaction.row::<AssignmentRow>(delete(tenant, key)).await?;
                let Some(deleted) = row.map(Assignment::from) else {
                    return Ok(WriteOutcome::Unchanged(Conditional::NotFound));
                };
                if !precondition.allows(deleted.revision) {
                    return Ok(WriteOutcome::Unchanged(Conditional::PreconditionFailed));
                }
                let targets = [Some(&deleted.target), None];
                let audit = of_assignment(Activity::DeleteAssignment, key.pool, &deleted, targets);
                let value = Conditional::Done(());
                Ok(WriteOutcome::Changed { value, audit, replay: String::new() })
            })
        });
        deleted.await?.fresh()
    }
}
