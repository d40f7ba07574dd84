//! Assignments as rows.

use const_format::formatcp;
use uuid::Uuid;

use crate::domain::{
    Assignment, AssignmentField, AssignmentId, Audience, DeviceFilter, NewAssignment, PoolId,
    Target, TargetId, TenantId, Timestamp,
};
use crate::store::db::{Row, Statement, Transaction, params, row};
use crate::store::entity::{Entity, EntityKey, InPool};
use crate::store::error::StoreError;
use crate::store::listing::FilterColumn;

row! {
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

/// The number of an audience's kind in `target_kind`, and its id.
fn audience_columns(audience: &Audience) -> (i32, &str) {
    match audience {
        Audience::AllDevices => (0, ""),
        Audience::AllLicensedUsers => (1, ""),
        Audience::Group(id) => (2, id.as_str()),
        Audience::ExclusionGroup(id) => (3, id.as_str()),
        Audience::ConfigurationManagerCollection(id) => (4, id.as_str()),
    }
}

const COLUMNS: &str = <AssignmentRow as Row>::FIELDS;

impl Entity for Assignment {
    type Row = AssignmentRow;
    const TABLE: &'static str = "assignments";
}

impl InPool for Assignment {}

impl FilterColumn for AssignmentField {
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

/// All assignments of a pool.
pub(super) async fn all(
    transaction: &mut Transaction<'_>,
    tenant: TenantId,
    pool: PoolId,
) -> Result<Vec<Assignment>, StoreError> {
    const TEXT: &str = formatcp!(
        "select {COLUMNS} from assignments where tenant_id = $1 and pool_id = $2 order by id"
    );
    let rows: Vec<AssignmentRow> =
        transaction.rows(Statement::new(TEXT, params![tenant, pool])).await?;
    Ok(rows.into_iter().map(Assignment::from).collect())
}

/// The assignment, locked against changes until the transaction ends.
pub(super) async fn lock(
    transaction: &mut Transaction<'_>,
    tenant: TenantId,
    key: EntityKey<AssignmentId>,
) -> Result<Option<Assignment>, StoreError> {
    const TEXT: &str = formatcp!(
        "select {COLUMNS}
         from assignments
         where tenant_id = $1 and pool_id = $2 and id = $3
         @lock(for update)"
    );
    let lock = Statement::new(TEXT, params![tenant, key.pool, key.id]);
    Ok(transaction.row::<AssignmentRow>(lock).await?.map(Assignment::from))
}

pub(super) fn insert(tenant: TenantId, pool: PoolId, new: &NewAssignment) -> Statement<'static> {
    let (kind, target) = audience_columns(&new.target.audience);
    let filter = &new.target.filter;
    Statement::new(
        "insert into assignments
           (tenant_id, pool_id, id, target_kind, target_id, filter_id, filter_type, revision,
            created_at, modified_at)
         values ($1, $2, $3, $4, $5, $6, $7, 1, $8, $8)",
        params![
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

pub(super) fn update(
    tenant: TenantId,
    key: EntityKey<AssignmentId>,
    target: &Target,
    at: Timestamp,
) -> Statement<'static> {
    let (kind, id) = audience_columns(&target.audience);
    Statement::new(
        "update assignments
         set target_kind = $4, target_id = $5, filter_id = $6, filter_type = $7,
             modified_at = case when modified_at > $8 then modified_at else $8 end,
             revision = revision + 1
         where tenant_id = $1 and pool_id = $2 and id = $3",
        params![
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

/// Deletes an assignment. Returns what it was.
pub(super) fn delete(tenant: TenantId, key: EntityKey<AssignmentId>) -> Statement<'static> {
    const TEXT: &str = formatcp!(
        "delete from assignments
         where tenant_id = $1 and pool_id = $2 and id = $3
         returning {COLUMNS}"
    );
    Statement::new(TEXT, params![tenant, key.pool, key.id])
}
