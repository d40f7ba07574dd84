//! Assignments.

mod rows;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::change::{Changed, Made};
use super::pools::lock_pool;
use super::precondition::{Conditional, EntityKey, Precondition};
use super::stored::Scope;
use super::work::Work;
use super::{Store, StoreError, memo};
use crate::auth::{Permit, Read, Write};
use crate::domain::{
    Activity, Assignment, AssignmentField, AssignmentId, AuditDraft, ChangeContext, Listing,
    NewAssignment, Page, PoolId, Predicate, Target, TenantId,
};

use rows::{AssignmentRow, all, change, insert, lock, remove};

impl Store {
    /// A page of a pool's assignments, or `None` if this tenant has no such pool.
    pub async fn assignments(
        &self,
        permit: &Permit<Read>,
        pool: PoolId,
        listing: &Listing<AssignmentField>,
    ) -> Result<Option<Page<Assignment>>, StoreError> {
        self.page_in_pool(permit, pool, listing).await
    }

    /// How many of a pool's assignments a condition lets through; `None` without the pool.
    pub async fn count_assignments(
        &self,
        permit: &Permit<Read>,
        pool: PoolId,
        filter: &Predicate<AssignmentField>,
    ) -> Result<Option<i64>, StoreError> {
        self.count_in_pool::<Assignment>(permit, pool, filter).await
    }

    /// A page of assignments for each of several pools.
    pub async fn assignments_of(
        &self,
        permit: &Permit<Read>,
        pools: &[PoolId],
        listing: &Listing<AssignmentField>,
    ) -> Result<std::collections::HashMap<PoolId, Page<Assignment>>, StoreError> {
        self.pages(permit.tenant(), pools, listing).await
    }

    /// The assignment, or `None` if there is none of that id in that pool of this tenant.
    pub async fn assignment(
        &self,
        permit: &Permit<Read>,
        key: EntityKey<AssignmentId>,
    ) -> Result<Option<Assignment>, StoreError> {
        let scope = Scope { tenant: permit.tenant(), pool: Some(key.pool) };
        self.find(scope, key.id.uuid()).await
    }

    /// Adds an assignment to a pool; `None` without the pool. A second one for the same audience
    /// is a conflict.
    pub async fn create_assignment(
        &self,
        permit: &Permit<Write>,
        pool: PoolId,
        new: NewAssignment,
        context: ChangeContext,
    ) -> Result<Option<Assignment>, StoreError> {
        let (tenant, target) = (permit.tenant(), new.target.clone());
        let made = self.change(permit, context, move |work| {
            Box::pin(async move {
                if !lock_pool(work, tenant, pool).await? {
                    return Ok(Changed::No(None));
                }
                work.run(insert(tenant, pool, &new)).await?;
                let created = new.as_assignment();
                let audit = audit(Activity::CreateAssignment, pool, &created).with(
                    "target",
                    None,
                    Some(created.target.to_string()),
                );
                let memo = memo::write(&Memo::of(&created));
                Ok(Changed::Yes { value: Some(created), audit, memo })
            })
        });
        match made.await? {
            Made::Now(created) => Ok(created),
            Made::Before(memo) => Ok(Some(memo::read::<Memo>(&memo)?.with(target))),
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
        let made = self.change(permit, context, move |work| {
            Box::pin(async move {
                let found = work.row::<AssignmentRow>(lock(work.dialect(), tenant, key)).await?;
                let Some(found) = found else { return Ok(Changed::No(Conditional::NotFound)) };
                if !precondition.allows(found.revision) {
                    return Ok(Changed::No(Conditional::PreconditionFailed));
                }
                let current = Assignment::from(found);
                let Some(target) = target.filter(|target| *target != current.target) else {
                    return Ok(Changed::No(Conditional::Done(current)));
                };
                work.run(change(tenant, key, &target, context.at)).await?;
                let (old, new) = (current.target.to_string(), target.to_string());
                let audit = audit(Activity::UpdateAssignment, key.pool, &current).with(
                    "target",
                    Some(old),
                    Some(new),
                );
                let revision = current.revision + 1;
                let value = Conditional::Done(Assignment { target, revision, ..current });
                Ok(Changed::Yes { value, audit, memo: String::new() })
            })
        });
        made.await?.now()
    }

    /// Removes an assignment.
    pub async fn delete_assignment(
        &self,
        permit: &Permit<Write>,
        key: EntityKey<AssignmentId>,
        precondition: &Precondition,
        context: ChangeContext,
    ) -> Result<Conditional<()>, StoreError> {
        let (tenant, precondition) = (permit.tenant(), precondition.clone());
        let made = self.change(permit, context, move |work| {
            Box::pin(async move {
                let gone = work.row::<AssignmentRow>(remove(tenant, key)).await?;
                let Some(gone) = gone.map(Assignment::from) else {
                    return Ok(Changed::No(Conditional::NotFound));
                };
                if !precondition.allows(gone.revision) {
                    return Ok(Changed::No(Conditional::PreconditionFailed));
                }
                let audit = audit(Activity::DeleteAssignment, key.pool, &gone).with(
                    "target",
                    Some(gone.target.to_string()),
                    None,
                );
                Ok(Changed::Yes { value: Conditional::Done(()), audit, memo: String::new() })
            })
        });
        made.await?.now()
    }

    /// Replaces all assignments of a pool, at once; `None` without the pool. An assignment whose
    /// target stays keeps its id.
    pub async fn assign(
        &self,
        permit: &Permit<Write>,
        pool: PoolId,
        new: Vec<NewAssignment>,
        context: ChangeContext,
    ) -> Result<Option<Vec<Assignment>>, StoreError> {
        let tenant = permit.tenant();
        let targets: Vec<_> = new.iter().map(|new| new.target.clone()).collect();
        let made = self.change(permit, context, move |work| {
            Box::pin(async move { assign(work, tenant, pool, new).await })
        });
        match made.await? {
            Made::Now(set) => Ok(set),
            Made::Before(memo) => {
                let memos: Vec<Memo> = memo::read(&memo)?;
                let set = memos.into_iter().zip(targets).map(|(memo, target)| memo.with(target));
                Ok(Some(set.collect()))
            }
        }
    }
}

async fn assign(
    work: &mut Work<'_>,
    tenant: TenantId,
    pool: PoolId,
    new: Vec<NewAssignment>,
) -> Result<Changed<Option<Vec<Assignment>>>, StoreError> {
    if !lock_pool(work, tenant, pool).await? {
        return Ok(Changed::No(None));
    }
    let old = all(work, tenant, pool).await?;
    let kept = |new: &NewAssignment| old.iter().find(|old| old.target == new.target);
    let mut audit = AuditDraft::new(Activity::Assign).on(POOL, pool.uuid(), None);
    for gone in old.iter().filter(|old| !new.iter().any(|new| new.target == old.target)) {
        work.run(remove(tenant, EntityKey { pool, id: gone.id })).await?;
        audit = audit.on(ASSIGNMENT, gone.id.uuid(), None).with(
            "target",
            Some(gone.target.to_string()),
            None,
        );
    }
    for new in new.iter().filter(|new| kept(new).is_none()) {
        work.run(insert(tenant, pool, new)).await?;
        audit = audit.on(ASSIGNMENT, new.id.uuid(), None).with(
            "target",
            None,
            Some(new.target.to_string()),
        );
    }
    let set = new.iter().map(|new| kept(new).cloned().unwrap_or_else(|| new.as_assignment()));
    let set: Vec<_> = set.collect();
    let memo = memo::write(&set.iter().map(Memo::of).collect::<Vec<_>>());
    Ok(Changed::Yes { value: Some(set), audit, memo })
}

/// What an assignment is made of again: the request has its target.
#[derive(Deserialize, Serialize)]
struct Memo {
    id: Uuid,
    revision: i64,
}

impl Memo {
    fn of(assignment: &Assignment) -> Self {
        Self { id: assignment.id.uuid(), revision: assignment.revision }
    }

    fn with(self, target: Target) -> Assignment {
        Assignment { id: self.id.into(), target, revision: self.revision }
    }
}

const POOL: &str = "embeddedSIMActivationCodePool";
const ASSIGNMENT: &str = "embeddedSIMActivationCodePoolAssignment";

fn audit(activity: Activity, pool: PoolId, assignment: &Assignment) -> AuditDraft {
    let draft = AuditDraft::new(activity).on(POOL, pool.uuid(), None);
    draft.on(ASSIGNMENT, assignment.id.uuid(), None)
}
