//! Pools as rows, and the statements that read and write them.

use uuid::Uuid;

use crate::domain::{DisplayName, Pool, PoolField, PoolId, TenantId, Timestamp};
use crate::store::StoreError;
use crate::store::arguments::args;
use crate::store::engine::Dialect;
use crate::store::listing::Column;
use crate::store::record::record;
use crate::store::statement::Statement;
use crate::store::stored::Stored;
use crate::store::work::Work;

record! {
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

/// What a [`PoolRow`] is read from.
macro_rules! pool_columns {
    () => {
        "id, display_name, code_count, revision, created_at, modified_at"
    };
}

impl Stored for Pool {
    type Row = PoolRow;
    const TABLE: &'static str = "pools";
    const COLUMNS: &'static str = pool_columns!();
}

impl Column for PoolField {
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

/// Whether a pool is there, and will be until the unit of work ends.
pub(in crate::store) async fn lock_pool(
    work: &mut Work<'_>,
    tenant: TenantId,
    id: PoolId,
) -> Result<bool, StoreError> {
    hold(work, tenant, id).await.map(|pool| pool.is_some())
}

/// The pool as it is, and as it stays until the unit of work ends.
pub(in crate::store) async fn hold(
    work: &mut Work<'_>,
    tenant: TenantId,
    id: PoolId,
) -> Result<Option<Pool>, StoreError> {
    let lock = Statement::new(lock(work.dialect()), args![tenant, id]);
    Ok(work.row::<PoolRow>(lock).await?.map(Pool::from))
}

/// Inserts a pool.
pub(in crate::store) fn insert(tenant: TenantId, pool: &Pool) -> Statement {
    Statement::new(
        "insert into pools
           (tenant_id, id, display_name, display_name_folded, code_count, revision, created_at,
            modified_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        args![
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

/// Removes a pool, and gives what it was.
pub(super) fn remove(tenant: TenantId, id: PoolId) -> Statement {
    let delete =
        concat!("delete from pools where tenant_id = $1 and id = $2 returning ", pool_columns!());
    Statement::new(delete, args![tenant, id])
}

/// Finds a pool and keeps others from changing it until the unit of work ends.
fn lock(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Postgres => {
            concat!(
                "select ",
                pool_columns!(),
                // Claims, which only need it to stay, go on meanwhile.
                " from pools where tenant_id = $1 and id = $2 for no key update"
            )
        }
        // The only writer.
        Dialect::Sqlite => {
            concat!("select ", pool_columns!(), " from pools where tenant_id = $1 and id = $2")
        }
    }
}

/// Changes a pool's own row. Clocks differ: its time of change never goes back.
pub(in crate::store) fn change(
    tenant: TenantId,
    id: PoolId,
    name: Option<&DisplayName>,
    appended: u64,
    at: Timestamp,
) -> Statement {
    Statement::new(
        concat!(
            "update pools
             set display_name = coalesce($3, display_name),
                 display_name_folded = coalesce($4, display_name_folded),
                 code_count = code_count + $5,
                 modified_at = case when modified_at > $6 then modified_at else $6 end,
                 revision = revision + 1
             where tenant_id = $1 and id = $2
             returning ",
            pool_columns!()
        ),
        args![
            tenant,
            id,
            name.map(|name| name.as_str().to_owned()),
            name.map(DisplayName::folded),
            i32::try_from(appended).unwrap_or(i32::MAX),
            at,
        ],
    )
}
