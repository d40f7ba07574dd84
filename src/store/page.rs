//! Pages and counts of entities.

use std::collections::HashMap;

use uuid::Uuid;

use super::db::{Array, Dialect, Query, Unit};
use super::entity::{Entity, InPool, Scope};
use super::error::StoreError;
use super::handle::Store;
use crate::auth::{Permit, Read};
use crate::domain::{Listing, MAX_EXPANDED, Page, Pool, PoolId, Predicate, TenantId};

impl Scope {
    pub(super) fn select<E: Entity>(self, what: &str, dialect: Dialect) -> Query {
        let mut query = Query::new(dialect, "select ");
        query
            .push(what)
            .push(" from ")
            .push(E::TABLE)
            .push(" where tenant_id = ")
            .param(self.tenant);
        if let Some(pool) = self.pool {
            query.push(" and pool_id = ").param(pool);
        }
        query
    }
}

impl Store {
    /// A page of entities.
    pub(super) async fn page<E: Entity>(
        &self,
        scope: Scope,
        listing: &Listing<E::Field>,
    ) -> Result<Page<E>, StoreError> {
        let mut query = scope.select::<E>(E::COLUMNS, self.dialect());
        query.page(listing);
        let unit = Unit::of("list", scope.tenant.uuid());
        let rows: Vec<E::Row> = self.engine().read_packed(unit, query).await?;
        let count =
            if listing.count { Some(self.count::<E>(scope, &listing.filter).await?) } else { None };
        Ok(page_of(rows.into_iter().map(E::Row::into).collect(), listing.limit, count))
    }

    /// How many entities satisfy a condition.
    pub(super) async fn count<E: Entity>(
        &self,
        scope: Scope,
        filter: &Predicate<E::Field>,
    ) -> Result<i64, StoreError> {
        let mut query = scope.select::<E>("count(*)", self.dialect());
        query.push(" and ").predicate(filter, true);
        let unit = Unit::of("count", scope.tenant.uuid());
        let row: Option<(i64,)> = self.engine().read_one(unit, query).await?;
        Ok(row.map_or(0, |(count,)| count))
    }

    /// A page of a pool's entities, or `None` if this tenant has no such pool.
    pub(super) async fn page_in_pool<E: InPool>(
        &self,
        permit: &Permit<Read>,
        pool: PoolId,
        listing: &Listing<E::Field>,
    ) -> Result<Option<Page<E>>, StoreError> {
        let tenant = permit.tenant();
        let page = self.page(Scope::pool(tenant, pool), listing).await?;
        // Only an empty page leaves open whether the pool exists.
        let known = !page.items.is_empty() || self.has_pool(tenant, pool).await?;
        Ok(known.then_some(page))
    }

    /// How many of a pool's entities satisfy a condition, or `None` if this tenant has no such pool.
    pub(super) async fn count_in_pool<E: InPool>(
        &self,
        permit: &Permit<Read>,
        pool: PoolId,
        filter: &Predicate<E::Field>,
    ) -> Result<Option<i64>, StoreError> {
        let tenant = permit.tenant();
        let count = self.count::<E>(Scope::pool(tenant, pool), filter).await?;
        let known = count > 0 || self.has_pool(tenant, pool).await?;
        Ok(known.then_some(count))
    }

    /// A page of entities for each of the first of several pools: of as many as have no more than
    /// [`MAX_EXPANDED`] entities on their pages together, and of one at least. In one statement, unless
    /// there are more.
    pub(super) async fn pages<E: InPool>(
        &self,
        tenant: TenantId,
        pools: &[PoolId],
        listing: &Listing<E::Field>,
    ) -> Result<HashMap<PoolId, Page<E>>, StoreError> {
        let mut first = pools;
        loop {
            let rows = self.rows_of_pools::<E>(tenant, first, listing).await?;
            if rows.len() <= MAX_EXPANDED as usize || first.len() < 2 {
                return self.pages_of_rows(tenant, first, listing, rows).await;
            }
            // How many rows each pool has is not known, since it would take as long to count them.
            first = &first[..first.len().div_ceil(4)];
        }
    }

    /// At most one row more than [`MAX_EXPANDED`]: those of each pool's page, and one more.
    async fn rows_of_pools<E: InPool>(
        &self,
        tenant: TenantId,
        pools: &[PoolId],
        listing: &Listing<E::Field>,
    ) -> Result<Vec<(Uuid, E::Row)>, StoreError> {
        let dialect = self.dialect();
        let mut query = Query::new(dialect, "select * from (select pool_id, ");
        query.push(E::COLUMNS).push(", row_number() over (partition by pool_id").order(listing);
        query.push(") as nth from ").push(E::TABLE).push(" where tenant_id = ").param(tenant);
        query.push(" and pool_id").among(ids(pools));
        query.filter(listing).push(") as numbered where nth > ").param(i64::from(listing.skip));
        query.push(" and nth <= ").param(i64::from(listing.skip) + i64::from(listing.limit) + 1);
        query.push(" order by pool_id, nth limit ").param(i64::from(MAX_EXPANDED) + 1);
        self.engine().read_packed(Unit::of("list of several pools", tenant.uuid()), query).await
    }

    async fn pages_of_rows<E: InPool>(
        &self,
        tenant: TenantId,
        pools: &[PoolId],
        listing: &Listing<E::Field>,
        rows: Vec<(Uuid, E::Row)>,
    ) -> Result<HashMap<PoolId, Page<E>>, StoreError> {
        // Of a single pool with more, the page ends early.
        let limit = listing.limit.min(MAX_EXPANDED);
        let mut items: HashMap<PoolId, Vec<E>> = HashMap::new();
        for (pool, row) in rows {
            items.entry(PoolId::from(pool)).or_default().push(row.into());
        }
        let mut counts = if listing.count {
            self.counts::<E>(tenant, pools, &listing.filter).await?
        } else {
            HashMap::new()
        };
        let page = |pool: &PoolId| {
            let count = listing.count.then(|| counts.remove(pool).unwrap_or_default());
            (*pool, page_of(items.remove(pool).unwrap_or_default(), limit, count))
        };
        Ok(pools.iter().map(page).collect())
    }

    async fn has_pool(&self, tenant: TenantId, pool: PoolId) -> Result<bool, StoreError> {
        let found: Option<Pool> = self.find(Scope::tenant(tenant), pool.uuid()).await?;
        Ok(found.is_some())
    }

    async fn counts<E: InPool>(
        &self,
        tenant: TenantId,
        pools: &[PoolId],
        filter: &Predicate<E::Field>,
    ) -> Result<HashMap<PoolId, i64>, StoreError> {
        let dialect = self.dialect();
        let mut query = Query::new(dialect, "select pool_id, count(*) from ");
        query.push(E::TABLE).push(" where tenant_id = ").param(tenant).push(" and pool_id");
        query.among(ids(pools));
        query.push(" and ").predicate(filter, true).push(" group by pool_id");
        let unit = Unit::of("count of several pools", tenant.uuid());
        let rows: Vec<(Uuid, i64)> = self.engine().read(unit, query).await?;
        Ok(rows.into_iter().map(|(pool, count)| (pool.into(), count)).collect())
    }
}

fn ids(pools: &[PoolId]) -> Array<'static> {
    Array::Ids(pools.iter().map(|id| id.uuid()).collect())
}

/// A page of at most `limit` items. One item more was read, to see whether there is a next page.
pub(super) fn page_of<T>(mut items: Vec<T>, limit: u32, count: Option<i64>) -> Page<T> {
    let limit = limit as usize;
    let more = items.len() > limit;
    items.truncate(limit);
    Page { items, more, count }
}
