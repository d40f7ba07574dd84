//! What all listed entities have in common: how one is found, a page of them, their number.

use std::collections::HashMap;

use uuid::Uuid;

use super::arguments::{Values, args};
use super::engine::Dialect;
use super::listing::Column;
use super::record::Record;
use super::sql::Sql;
use super::{Store, StoreError};
use crate::auth::{Permit, Read};
use crate::domain::{Listed, Listing, Page, PoolId, Predicate, TenantId};

/// An entity as its table has it.
pub(super) trait Stored: Listed<Field: Column> + Sized + Send + 'static {
    /// A row of it.
    type Row: Record + Into<Self>;
    /// Its table.
    const TABLE: &'static str;
    /// What a row is read from.
    const COLUMNS: &'static str;
}

/// An entity that belongs to a pool.
pub(super) trait InPool: Stored {}

/// Where entities are looked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope {
    pub(super) tenant: TenantId,
    /// The pool they belong to, for those that do.
    pub(super) pool: Option<PoolId>,
}

impl Scope {
    pub(super) fn select<S: Stored>(self, what: &str, dialect: Dialect) -> Sql {
        let mut sql = Sql::new(dialect, "select ", args![]);
        sql.push(what).push(" from ").push(S::TABLE).push(" where tenant_id = ").arg(self.tenant);
        if let Some(pool) = self.pool {
            sql.push(" and pool_id = ").arg(pool);
        }
        sql
    }
}

impl Store {
    /// A page of entities.
    pub(super) async fn page<S: Stored>(
        &self,
        scope: Scope,
        listing: &Listing<S::Field>,
    ) -> Result<Page<S>, StoreError> {
        let mut sql = scope.select::<S>(S::COLUMNS, self.0.engine.dialect());
        sql.page(listing);
        let rows: Vec<S::Row> = self.0.engine.read_packed(sql).await?;
        let count =
            if listing.count { Some(self.count::<S>(scope, &listing.filter).await?) } else { None };
        Ok(cut(rows.into_iter().map(S::Row::into).collect(), listing.limit, count))
    }

    /// How many entities a condition lets through.
    pub(super) async fn count<S: Stored>(
        &self,
        scope: Scope,
        filter: &Predicate<S::Field>,
    ) -> Result<i64, StoreError> {
        let mut sql = scope.select::<S>("count(*)", self.0.engine.dialect());
        sql.push(" and ").predicate(filter, true);
        let row: Option<(i64,)> = self.0.engine.read_one(sql.finish()).await?;
        Ok(row.map_or(0, |(count,)| count))
    }

    /// A page of a pool's entities, or `None` if this tenant has no such pool.
    pub(super) async fn page_in_pool<S: InPool>(
        &self,
        permit: &Permit<Read>,
        pool: PoolId,
        listing: &Listing<S::Field>,
    ) -> Result<Option<Page<S>>, StoreError> {
        let tenant = permit.tenant();
        let page = self.page(Scope { tenant, pool: Some(pool) }, listing).await?;
        // Only of an empty page it is in doubt whether the pool is there.
        let known = !page.items.is_empty() || self.find_pool(tenant, pool).await?.is_some();
        Ok(known.then_some(page))
    }

    /// How many of a pool's entities a condition lets through; `None` without the pool.
    pub(super) async fn count_in_pool<S: InPool>(
        &self,
        permit: &Permit<Read>,
        pool: PoolId,
        filter: &Predicate<S::Field>,
    ) -> Result<Option<i64>, StoreError> {
        let tenant = permit.tenant();
        let count = self.count::<S>(Scope { tenant, pool: Some(pool) }, filter).await?;
        let known = count > 0 || self.find_pool(tenant, pool).await?.is_some();
        Ok(known.then_some(count))
    }

    /// A page of entities for each of several pools, in one statement however many there are.
    pub(super) async fn pages<S: InPool>(
        &self,
        tenant: TenantId,
        pools: &[PoolId],
        listing: &Listing<S::Field>,
    ) -> Result<HashMap<PoolId, Page<S>>, StoreError> {
        let dialect = self.0.engine.dialect();
        let mut sql = Sql::new(dialect, "select * from (select pool_id, ", args![]);
        sql.push(S::COLUMNS).push(", row_number() over (partition by pool_id").order(listing);
        sql.push(") as place from ").push(S::TABLE).push(" where tenant_id = ").arg(tenant);
        sql.push(" and pool_id").among(ids(pools));
        sql.filter(listing).push(") as numbered where place > ").arg(i64::from(listing.skip));
        sql.push(" and place <= ").arg(i64::from(listing.skip) + i64::from(listing.limit) + 1);
        sql.push(" order by pool_id, place");
        let rows: Vec<(Uuid, S::Row)> = self.0.engine.read_packed(sql).await?;

        let mut items: HashMap<PoolId, Vec<S>> = HashMap::new();
        for (pool, row) in rows {
            items.entry(PoolId::from(pool)).or_default().push(row.into());
        }
        let mut counts = if listing.count {
            self.counts::<S>(tenant, pools, &listing.filter).await?
        } else {
            HashMap::new()
        };
        let page = |pool: &PoolId| {
            let count = listing.count.then(|| counts.remove(pool).unwrap_or_default());
            (*pool, cut(items.remove(pool).unwrap_or_default(), listing.limit, count))
        };
        Ok(pools.iter().map(page).collect())
    }

    async fn counts<S: InPool>(
        &self,
        tenant: TenantId,
        pools: &[PoolId],
        filter: &Predicate<S::Field>,
    ) -> Result<HashMap<PoolId, i64>, StoreError> {
        let dialect = self.0.engine.dialect();
        let mut sql = Sql::new(dialect, "select pool_id, count(*) from ", args![]);
        sql.push(S::TABLE).push(" where tenant_id = ").arg(tenant).push(" and pool_id");
        sql.among(ids(pools));
        sql.push(" and ").predicate(filter, true).push(" group by pool_id");
        let rows: Vec<(Uuid, i64)> = self.0.engine.read(sql.finish()).await?;
        Ok(rows.into_iter().map(|(pool, count)| (pool.into(), count)).collect())
    }
}

fn ids(pools: &[PoolId]) -> Values<'static> {
    Values::Ids(pools.iter().map(|id| id.uuid()).collect())
}

/// A page without the entity that only shows that there is more.
pub(super) fn cut<T>(mut items: Vec<T>, limit: u32, count: Option<i64>) -> Page<T> {
    let limit = limit as usize;
    let more = items.len() > limit;
    items.truncate(limit);
    Page { items, more, count }
}
