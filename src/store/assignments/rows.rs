//! Assignments as rows, and the statements that read and write them.

use uuid::Uuid;

use crate::domain::{
    Assignment, AssignmentField, AssignmentId, Audience, DeviceFilter, NewAssignment, PoolId,
    Target, TargetId, TenantId, Timestamp,
};
use crate::store::arguments::args;
use crate::store::engine::Dialect;
use crate::store::listing::Column;
use crate::store::record::record;
use crate::store::statement::Statement;
use crate::store::stored::{InPool, Stored};
use crate::store::work::Work;
use crate::store::{EntityKey, StoreError};

record! {
    pub(in crate::store) struct AssignmentRow {
        id: Uuid,
        target_kind: i16,
        target_id: String,
        filter_id: Option<String>,
        filter_type: i16,
        pub(super) revision: i64,
    }
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

pub(super) async fn all(
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

pub(super) fn lock(dialect: Dialect, tenant: TenantId, key: EntityKey<AssignmentId>) -> Statement {
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
    Statement::new(sql, args![tenant, key.pool, key.id])
}

pub(super) fn insert(tenant: TenantId, pool: PoolId, new: &NewAssignment) -> Statement {
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

pub(super) fn change(
    tenant: TenantId,
    key: EntityKey<AssignmentId>,
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
            key.pool,
            key.id,
            kind,
            id,
            target.filter.id().map(|id| id.as_str().to_owned()),
            i32::from(target.filter.number()),
            at,
        ],
    )
}

pub(super) fn remove(tenant: TenantId, key: EntityKey<AssignmentId>) -> Statement {
    Statement::new(
        concat!(
            "delete from assignments where tenant_id = $1 and pool_id = $2 and id = $3 returning ",
            assignment_columns!()
        ),
        args![tenant, key.pool, key.id],
    )
}
