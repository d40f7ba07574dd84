//! Pools, and the codes that are put into them.

mod inserts;

use std::sync::Arc;

use sqlx::FromRow;
use uuid::Uuid;

use super::engine::Dialect;
use super::statement::{Statement, args};
use super::work::End;
use super::{Store, StoreError};
use crate::auth::{Permit, Read, Write};
use crate::domain::{
    DisplayName, Listing, NewPool, Page, Pool, PoolId, PoolUpdate, TenantId, Timestamp,
};
use crate::heavy::heavy;

use inserts::{append, inserts};

#[derive(FromRow)]
struct PoolRow {
    id: Uuid,
    display_name: String,
    code_count: i32,
    revision: i64,
    created_at: Timestamp,
    modified_at: Timestamp,
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

impl Store {
    /// Creates a pool with all its codes, or nothing.
    pub async fn create_pool(
        &self,
        permit: &Permit<Write>,
        new: &Arc<NewPool>,
    ) -> Result<Pool, StoreError> {
        let tenant = permit.tenant();
        match self.insert_pool(tenant, new).await {
            // The answer to the commit was lost, and the commit perhaps with it. The id was made
            // here, so that the same insert can be made again: it waits for the first one, if that
            // is still under way, and cannot happen twice.
            Err(StoreError::Unknown(_)) => match self.insert_pool(tenant, new).await {
                Err(StoreError::Conflict(conflict)) => {
                    let found = self.find_pool(tenant, new.id).await?;
                    found.map(drop).ok_or(StoreError::Conflict(conflict))
                }
                again => again,
            },
            first => first,
        }?;
        Ok(new.as_pool())
    }

    async fn insert_pool(&self, tenant: TenantId, new: &Arc<NewPool>) -> Result<(), StoreError> {
        let keys = self.tenant_keys(tenant).await?;
        let (dialect, pool) = (self.0.engine.dialect(), new.clone());
        let inserts = heavy(new.codes.len(), move || inserts(tenant, &keys, &pool, dialect));
        self.0.engine.apply(inserts.await?).await
    }

    /// The pool, or `None` if this tenant has none by that id.
    pub async fn pool(
        &self,
        permit: &Permit<Read>,
        id: PoolId,
    ) -> Result<Option<Pool>, StoreError> {
        self.find_pool(permit.tenant(), id).await
    }

    /// A page of the tenant's pools, oldest first.
    pub async fn pools(
        &self,
        permit: &Permit<Read>,
        listing: &Listing<PoolId>,
    ) -> Result<Page<Pool>, StoreError> {
        // One more than asked for tells whether there is more.
        let limit = i64::from(listing.limit) + 1;
        let statement = match listing.after {
            None => Statement::new(
                concat!(
                    "select ",
                    pool_columns!(),
                    " from pools where tenant_id = $1 order by id limit $2"
                ),
                args![permit.tenant(), limit],
            ),
            Some(after) => Statement::new(
                concat!(
                    "select ",
                    pool_columns!(),
                    " from pools where tenant_id = $1 and id > $3 order by id limit $2"
                ),
                args![permit.tenant(), limit, after],
            ),
        };
        let rows: Vec<PoolRow> = self.0.engine.read(statement).await?;
        let mut items: Vec<Pool> = rows.into_iter().map(Pool::from).collect();
        let asked_for = listing.limit as usize;
        let more = items.len() > asked_for;
        items.truncate(asked_for);
        Ok(Page { items, more })
    }

    /// Renames a pool and appends codes to it, as the update says, skipping codes that the pool
    /// has already. An update that comes to nothing changes nothing. `None` if this tenant has no
    /// pool by that id.
    pub async fn update_pool(
        &self,
        permit: &Permit<Write>,
        id: PoolId,
        update: &Arc<PoolUpdate>,
    ) -> Result<Option<Pool>, StoreError> {
        let (tenant, update) = (permit.tenant(), update.clone());
        // Sealed before the pool is locked: nobody waits for it.
        let append = if update.codes.is_empty() {
            None
        } else {
            let keys = self.tenant_keys(tenant).await?;
            let (dialect, update) = (self.0.engine.dialect(), update.clone());
            let append =
                heavy(update.codes.len(), move || append(tenant, id, &keys, &update, dialect));
            Some(append.await?)
        };
        let unit = self.0.engine.unit(move |work| {
            Box::pin(async move {
                let lock = Statement::new(lock(work.dialect()), args![tenant, id]);
                let Some(current) = work.row::<PoolRow>(lock).await? else {
                    return Ok::<_, StoreError>(End::Rollback(None));
                };
                let appended = match append {
                    Some(append) => work.execute(append).await?,
                    None => 0,
                };
                let name = update.display_name.as_ref();
                let name = name.filter(|name| name.as_str() != current.display_name);
                if appended == 0 && name.is_none() {
                    return Ok(End::Rollback(Some(Pool::from(current))));
                }
                let changed = work.row::<PoolRow>(change(tenant, id, name, appended, update.at));
                Ok(End::Commit(changed.await?.map(Pool::from)))
            })
        });
        unit.await
    }

    /// Removes a pool and its codes. What was handed out stays known. Says whether this tenant
    /// had a pool by that id.
    pub async fn delete_pool(
        &self,
        permit: &Permit<Write>,
        id: PoolId,
    ) -> Result<bool, StoreError> {
        let tenant = permit.tenant();
        let unit = self.0.engine.unit(move |work| {
            Box::pin(async move {
                let pool = "delete from pools where tenant_id = $1 and id = $2";
                if work.run(Statement::new(pool, args![tenant, id])).await? == 0 {
                    return Ok::<_, StoreError>(End::Rollback(false));
                }
                // A statement of its own: it sees codes that were appended while the first waited.
                let codes = "delete from activation_codes where tenant_id = $1 and pool_id = $2";
                work.run(Statement::new(codes, args![tenant, id])).await?;
                Ok(End::Commit(true))
            })
        });
        unit.await
    }

    async fn find_pool(&self, tenant: TenantId, id: PoolId) -> Result<Option<Pool>, StoreError> {
        let statement = Statement::new(
            concat!("select ", pool_columns!(), " from pools where tenant_id = $1 and id = $2"),
            args![tenant, id],
        );
        let row: Option<PoolRow> = self.0.engine.read_one(statement).await?;
        Ok(row.map(Pool::from))
    }
}

/// Finds a pool and keeps others from changing it until the unit of work ends.
fn lock(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Postgres => {
            concat!(
                "select ",
                pool_columns!(),
                " from pools where tenant_id = $1 and id = $2 for update"
            )
        }
        // The only writer.
        Dialect::Sqlite => {
            concat!("select ", pool_columns!(), " from pools where tenant_id = $1 and id = $2")
        }
    }
}

/// Changes a pool's own row. Clocks differ: its time of change never goes back.
fn change(
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
