//! Pools as rows.

use const_format::formatcp;
use uuid::Uuid;

use crate::domain::{DisplayName, Pool, PoolField, PoolId, TenantId, Timestamp};
use crate::store::db::{Array, Row, Statement, Transaction, Unit, params, row};
use crate::store::entity::Entity;
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::store::listing::FilterColumn;

row! {
    pub(in crate::store) struct PoolRow {
        id: Uuid,
        display_name: String,
        code_count: i32,
        revision: i64,
        created_at: Timestamp,
        modified_at: Timestamp,
    }
}

impl From<PoolRow> for Pool {
    fn from(row: PoolRow) -> Self {
        Self {
            id: PoolId::from(row.id),
            display_name: DisplayName::stored(row.display_name),
            code_count: row.code_count,
            created_at: row.created_at,
            modified_at: row.modified_at,
            revision: row.revision,
        }
    }
}

const COLUMNS: &str = <PoolRow as Row>::FIELDS;

impl Entity for Pool {
    type Row = PoolRow;
    const TABLE: &'static str = "pools";
}

impl FilterColumn for PoolField {
    fn column(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::DisplayName => "display_name",
            Self::CreatedDateTime => "created_at",
            Self::ModifiedDateTime => "modified_at",
            Self::ActivationCodeCount => "code_count",
        }
    }

    fn folded(self) -> Option<&'static str> {
        (self == Self::DisplayName).then_some("display_name_folded")
    }
}

/// Whether a pool exists. If so, it stays until the transaction ends.
pub(in crate::store) async fn lock_pool(
    transaction: &mut Transaction<'_>,
    tenant: TenantId,
    id: PoolId,
) -> Result<bool, StoreError> {
    lock(transaction, tenant, id).await.map(|pool| pool.is_some())
}

/// The pool, locked against changes until the transaction ends. Claims go on: they only need it to
/// stay.
pub(in crate::store) async fn lock(
    transaction: &mut Transaction<'_>,
    tenant: TenantId,
    id: PoolId,
) -> Result<Option<Pool>, StoreError> {
    const TEXT: &str = formatcp!(
        "select {COLUMNS}
         from pools
         where tenant_id = $1 and id = $2
         @lock(for no key update)"
    );
    let lock = Statement::new(TEXT, params![tenant, id]);
    Ok(transaction.row::<PoolRow>(lock).await?.map(Pool::from))
}

/// The names of those of these pools that exist.
pub(in crate::store) async fn names(
    store: &Store,
    tenant: TenantId,
    pools: &[PoolId],
) -> Result<Vec<(PoolId, String)>, StoreError> {
    if pools.is_empty() {
        return Ok(Vec::new());
    }
    let named = Statement::new(
        "select id, display_name
         from @wanted
         join pools on @likely(tenant_id = $1) and id = wanted_id",
        params![tenant],
    );
    let ids = Array::Ids(pools.iter().map(|pool| pool.uuid()).collect());
    let unit = Unit::of("name pools", tenant.uuid());
    let found: Vec<(Uuid, String)> =
        store.engine().read(unit, named.with("wanted", [("wanted_id", ids)])).await?;
    Ok(found.into_iter().map(|(id, name)| (id.into(), name)).collect())
}

pub(in crate::store) fn insert(tenant: TenantId, pool: &Pool) -> Statement<'static> {
    Statement::new(
        "insert into pools
           (tenant_id, id, display_name, display_name_folded, code_count, revision, created_at,
            modified_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        params![
            tenant,
            pool.id,
            pool.display_name.as_str(),
            pool.display_name.folded(),
            pool.code_count,
            pool.revision,
            pool.created_at,
            pool.modified_at,
        ],
    )
}

/// Deletes a pool. Returns what it was.
pub(super) fn delete(tenant: TenantId, id: PoolId) -> Statement<'static> {
    const TEXT: &str =
        formatcp!("delete from pools where tenant_id = $1 and id = $2 returning {COLUMNS}");
    Statement::new(TEXT, params![tenant, id])
}

/// Takes codes that were removed off a pool's count.
pub(in crate::store) fn remove_codes(
    tenant: TenantId,
    id: PoolId,
    count: i32,
    at: Timestamp,
) -> Statement<'static> {
    Statement::new(
        "update pools
         set code_count = code_count - $3,
             modified_at = case when modified_at > $4 then modified_at else $4 end,
             revision = revision + 1
         where tenant_id = $1 and id = $2",
        params![tenant, id, count, at],
    )
}

/// The position after the last code of a pool, which is locked. Removed codes leave gaps.
pub(in crate::store) async fn next_position(
    transaction: &mut Transaction<'_>,
    tenant: TenantId,
    id: PoolId,
) -> Result<i32, StoreError> {
    const TEXT: &str = "select position
         from activation_codes
         where tenant_id = $1 and pool_id = $2
         order by position desc
         limit 1";
    let last: Option<(i32,)> = transaction.row(Statement::new(TEXT, params![tenant, id])).await?;
    Ok(last.map_or(0, |(last,)| last.saturating_add(1)))
}

/// Updates a pool's own row. `modified_at` never goes back, although servers' clocks differ.
pub(in crate::store) fn update(
    tenant: TenantId,
    id: PoolId,
    name: Option<&DisplayName>,
    appended: u64,
    at: Timestamp,
) -> Statement<'static> {
    const TEXT: &str = formatcp!(
        "update pools
         set display_name = coalesce($3, display_name),
             display_name_folded = coalesce($4, display_name_folded),
             code_count = code_count + $5,
             modified_at = case when modified_at > $6 then modified_at else $6 end,
             revision = revision + 1
         where tenant_id = $1 and id = $2
         returning {COLUMNS}"
    );
    Statement::new(
        TEXT,
        params![
            tenant,
            id,
            name.map(|name| name.as_str().to_owned()),
            name.map(DisplayName::folded),
            i32::try_from(appended).unwrap_or(i32::MAX),
            at,
        ],
    )
}
