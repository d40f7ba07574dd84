//! Assignments.

use sqlx::FromRow;
use uuid::Uuid;

use super::engine::Dialect;
use super::listing::Column;
use super::outcome::{Expected, Outcome, Place};
use super::pools::lock_pool;
use super::statement::{Statement, args};
use super::stored::{InPool, Scope, Stored};
use super::work::{End, Work};
use super::{Store, StoreError};
use crate::auth::{Permit, Read, Write};
use crate::domain::{
    Assignment, AssignmentField, AssignmentId, Audience, DeviceFilter, Listing, NewAssignment,
    Page, PoolId, Predicate, Target, TargetId, TenantId, Timestamp,
};

#[derive(FromRow)]
pub(super) struct AssignmentRow {
    id: Uuid,
    target_kind: i16,
    target_id: String,
    filter_id: Option<String>,
    filter_type: i16,
    revision: i64,
}

impl From<AssignmentRow> for Assignment {
    fn from(row: AssignmentRow) -> Self {
        let id = TargetId::stored(row.target_id);
        let audience = match row.target_kind {
            1 => Audience::AllLicensedUsers,
            2 => Audience::Group(id),
            3 => Audience::ExclusionGroup(id),
            4 => Audience::ConfigurationManagerCollection(id),
            _ => Audience::AllDevices,
        };
        let filter = match (row.filter_type, row.filter_id.map(TargetId::stored)) {
            (1, Some(id)) => DeviceFilter::Include(id),
            (2, Some(id)) => DeviceFilter::Exclude(id),
            _ => DeviceFilter::None,
        };
        Self { id: row.id.into(), target: Target { audience, filter }, revision: row.revision }
    }
}

/// The number of a kind of audience, and the id that it needs.
fn columns(audience: &Audience) -> (i32, &str) {
    match audience {
        Audience::AllDevices => (0, ""),
        Audience::AllLicensedUsers => (1, ""),
        Audience::Group(id) => (2, id.as_str()),
        Audience::ExclusionGroup(id) => (3, id.as_str()),
        Audience::ConfigurationManagerCollection(id) => (4, id.as_str()),
    }
}

/// What an [`AssignmentRow`] is read from.
macro_rules! assignment_columns {
    () => {
        "id, target_kind, target_id, filter_id, filter_type, revision"
    };
}

impl Stored for Assignment {
    type Row = AssignmentRow;
    const TABLE: &'static str = "assignments";
    const COLUMNS: &'static str = assignment_columns!();
}

impl InPool for Assignment {}

impl Column for AssignmentField {
    fn column(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::GroupId => "case when target_kind in (2, 3) then target_id end",
            Self::CollectionId => "case when target_kind = 4 then target_id end",
            Self::FilterId => "filter_id",
            Self::FilterType => "filter_type",
        }
    }

    fn folded(self) -> Option<&'static str> {
        None
    }
}

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
        place: Place<AssignmentId>,
    ) -> Result<Option<Assignment>, StoreError> {
        let scope = Scope { tenant: permit.tenant(), pool: Some(place.pool) };
        self.find(scope, place.id.uuid()).await
    }

    /// Adds an assignment to a pool; `None` without the pool. A second one for the same audience
    /// is a conflict.
    pub async fn create_assignment(
        &self,
        permit: &Permit<Write>,
        pool: PoolId,
        new: NewAssignment,
    ) -> Result<Option<Assignment>, StoreError> {
        let tenant = permit.tenant();
        let unit = self.0.engine.unit(move |work| {
            Box::pin(async move {
                if !lock_pool(work, tenant, pool).await? {
                    return Ok::<_, StoreError>(End::Rollback(None));
                }
                work.run(insert(tenant, pool, &new)).await?;
                Ok(End::Commit(Some(new.as_assignment())))
            })
        });
        unit.await
    }

    /// Gives an assignment another target.
    pub async fn update_assignment(
        &self,
        permit: &Permit<Write>,
        place: Place<AssignmentId>,
        expected: &Expected,
        target: Option<Target>,
        at: Timestamp,
    ) -> Result<Outcome<Assignment>, StoreError> {
        let (tenant, expected) = (permit.tenant(), expected.clone());
        let unit = self.0.engine.unit(move |work| {
            Box::pin(async move {
                let found = work.row::<AssignmentRow>(lock(work.dialect(), tenant, place)).await?;
                let Some(found) = found else {
                    return Ok::<_, StoreError>(End::Rollback(Outcome::Missing));
                };
                if !expected.holds(found.revision) {
                    return Ok(End::Rollback(Outcome::Stale));
                }
                let current = Assignment::from(found);
                let Some(target) = target.filter(|target| *target != current.target) else {
                    return Ok(End::Rollback(Outcome::Done(current)));
                };
                work.run(change(tenant, place, &target, at)).await?;
                let revision = current.revision + 1;
                Ok(End::Commit(Outcome::Done(Assignment { target, revision, ..current })))
            })
        });
        unit.await
    }

    /// Removes an assignment.
    pub async fn delete_assignment(
        &self,
        permit: &Permit<Write>,
        place: Place<AssignmentId>,
        expected: &Expected,
    ) -> Result<Outcome<()>, StoreError> {
        self.delete_in_pool::<Assignment>(permit, place.pool, place.id.uuid(), expected).await
    }

    /// Replaces all assignments of a pool, at once; `None` without the pool. An assignment whose
    /// target stays keeps its id.
    pub async fn assign(
        &self,
        permit: &Permit<Write>,
        pool: PoolId,
        new: Vec<NewAssignment>,
    ) -> Result<Option<Vec<Assignment>>, StoreError> {
        let tenant = permit.tenant();
        let unit = self.0.engine.unit(move |work| {
            Box::pin(async move {
                if !lock_pool(work, tenant, pool).await? {
                    return Ok::<_, StoreError>(End::Rollback(None));
                }
                let old = all(work, tenant, pool).await?;
                let kept = |new: &NewAssignment| old.iter().find(|old| old.target == new.target);
                for gone in old.iter().filter(|old| !new.iter().any(|new| new.target == old.target))
                {
                    work.run(remove(tenant, pool, gone.id)).await?;
                }
                for new in new.iter().filter(|new| kept(new).is_none()) {
                    work.run(insert(tenant, pool, new)).await?;
                }
                let set =
                    new.iter().map(|new| kept(new).cloned().unwrap_or_else(|| new.as_assignment()));
                Ok(End::Commit(Some(set.collect())))
            })
        });
        unit.await
    }
}

async fn all(
    work: &mut Work<'_>,
    tenant: TenantId,
    pool: PoolId,
) -> Result<Vec<Assignment>, StoreError> {
    let sql = concat!(
        "select ",
        assignment_columns!(),
        " from assignments where tenant_id = $1 and pool_id = $2 order by id"
    );
    let rows: Vec<AssignmentRow> = work.rows(Statement::new(sql, args![tenant, pool])).await?;
    Ok(rows.into_iter().map(Assignment::from).collect())
}

fn lock(dialect: Dialect, tenant: TenantId, place: Place<AssignmentId>) -> Statement {
    /// For update where there are several writers.
    macro_rules! select {
        ($lock:literal) => {
            concat!(
                "select ",
                assignment_columns!(),
                " from assignments where tenant_id = $1 and pool_id = $2 and id = $3",
                $lock
            )
        };
    }
    let sql = match dialect {
        Dialect::Postgres => select!(" for update"),
        Dialect::Sqlite => select!(""),
    };
    Statement::new(sql, args![tenant, place.pool, place.id])
}

fn insert(tenant: TenantId, pool: PoolId, new: &NewAssignment) -> Statement {
    let (kind, target) = columns(&new.target.audience);
    let filter = &new.target.filter;
    Statement::new(
        "insert into assignments
           (tenant_id, pool_id, id, target_kind, target_id, filter_id, filter_type, revision,
            created_at, modified_at)
         values ($1, $2, $3, $4, $5, $6, $7, 1, $8, $8)",
        args![
            tenant,
            pool,
            new.id,
            kind,
            target,
            filter.id().map(|id| id.as_str().to_owned()),
            i32::from(filter.number()),
            new.at,
        ],
    )
}

fn change(
    tenant: TenantId,
    place: Place<AssignmentId>,
    target: &Target,
    at: Timestamp,
) -> Statement {
    let (kind, id) = columns(&target.audience);
    Statement::new(
        "update assignments
         set target_kind = $4, target_id = $5, filter_id = $6, filter_type = $7,
             modified_at = case when modified_at > $8 then modified_at else $8 end,
             revision = revision + 1
         where tenant_id = $1 and pool_id = $2 and id = $3",
        args![
            tenant,
            place.pool,
            place.id,
            kind,
            id,
            target.filter.id().map(|id| id.as_str().to_owned()),
            i32::from(target.filter.number()),
            at,
        ],
    )
}

fn remove(tenant: TenantId, pool: PoolId, id: AssignmentId) -> Statement {
    Statement::new(
        "delete from assignments where tenant_id = $1 and pool_id = $2 and id = $3",
        args![tenant, pool, id],
    )
}
