//! How many codes are left, in a pool or in all of a tenant's.

use const_format::formatcp;

use super::db::{Statement, Unit, params, row};
use super::error::StoreError;
use super::handle::Store;
use super::handouts::FREE;
use super::pools::lock_pool;
use super::stock_entries::BOUND;
use super::write::{Idempotent, WriteOutcome};
use crate::auth::{Claim, Permit, Read, Write};
use crate::domain::{
    Activity, AuditDraft, ChangeContext, CodeState, OperatorStock, PoolId, Stock, StockSummary,
    TenantId, Timestamp,
};

/// The most operators that are counted separately.
const MAX_OPERATORS: i64 = 1000;

row! {
    /// How many codes have a state, or a host.
    struct CountRow {
        address: Option<String>,
        state: i16,
        codes: i64,
        free: i64,
        last: Timestamp,
    }
}

impl Store {
    /// The stock of a pool, or `None` if this tenant has no such pool.
    pub async fn stock(
        &self,
        permit: &Permit<Read>,
        pool: PoolId,
    ) -> Result<Option<Stock>, StoreError> {
        let tenant = permit.tenant();
        let Some(threshold) = self.threshold(tenant, pool).await? else { return Ok(None) };
        let stock = self.count_stock(tenant, Some(pool)).await?;
        Ok(Some(Stock { low_stock_threshold: threshold.map(i64::from), ..stock }))
    }

    /// The stock of all pools of the tenant.
    pub async fn stock_of_all(&self, permit: &Permit<Read>) -> Result<Stock, StoreError> {
        self.count_stock(permit.tenant(), None).await
    }

    /// Sets the number of free codes at which a pool's stock is low; `None`: that of the settings.
    /// Returns whether this tenant has such a pool.
    pub async fn set_low_stock_threshold(
        &self,
        permit: &Permit<Write>,
        pool: PoolId,
        threshold: Option<i32>,
        context: ChangeContext,
    ) -> Result<bool, StoreError> {
        let tenant = permit.tenant();
        let set = self.write_locking(pool.uuid(), "set low-stock threshold", permit, context, move |transaction| {
            Box::pin(async move {
                if !lock_pool(transaction, tenant, pool).await? {
                    return Ok(WriteOutcome::Unchanged(false));
                }
                let old: Option<(Option<i32>,)> =
                    transaction.row(select_threshold(tenant, pool)).await?;
                let old = old.and_then(|(old,)| old);
                if old == threshold {
                    return Ok(WriteOutcome::Unchanged(true));
                }
                let update = Statement::new(
                    "update pools set low_stock_threshold = $3 where tenant_id = $1 and id = $2",
                    params![tenant, pool, threshold],
                );
                transaction.execute(update).await?;
                let number = |threshold: Option<i32>| threshold.map(|count| count.to_string());
                let audit = AuditDraft::new(Activity::SetLowStock)
                    .on("embeddedSIMActivationCodePool", pool.uuid(), None)
                    .with("lowStockThreshold", number(old), number(threshold));
                Ok(WriteOutcome::Changed { value: true, audit, replay: String::new() })
            })
        });
        Ok(match set.await? {
            Idempotent::Fresh(exists) => exists,
            Idempotent::Replayed(_) => true,
        })
    }

    /// How many free codes a pool has, if its stock is low: at most its threshold, or `default` if
    /// it has none. Reads no more codes than that, and none that is bound to one device.
    pub async fn low_stock(
        &self,
        permit: &Permit<Claim>,
        pool: PoolId,
        default: i32,
    ) -> Result<Option<i64>, StoreError> {
        const COUNT: &str = formatcp!(
            "select count(*)
             from (select 1 as one
                   from activation_codes
                   where tenant_id = $1 and pool_id = $2 and state = {FREE} and bound_eid is null
                   limit $3) as free"
        );
        let tenant = permit.tenant();
        let Some(threshold) = self.threshold(tenant, pool).await? else { return Ok(None) };
        let threshold = i64::from(threshold.unwrap_or(default));
        let count = Statement::new(COUNT, params![tenant, pool, threshold + 1]);
        let unit = Unit::of("low stock", tenant.uuid());
        let free: Option<(i64,)> = self.engine().read_one(unit, count).await?;
        Ok(free.map(|(free,)| free).filter(|free| *free <= threshold))
    }

    /// The stock of all tenants together, and how many pools are low: at their threshold, or at
    /// `default` if they have none.
    pub async fn stock_summary(&self, default: i32) -> Result<StockSummary, StoreError> {
        const STATES: &str = "select state, cast(sum(codes) as bigint)
            from stock_entries
            group by state";
        const POOLS: &str = formatcp!(
            "select count(*),
                    coalesce(sum(case when free <= threshold then 1 else 0 end), 0),
                    coalesce(sum(case when free <= 0 then 1 else 0 end), 0)
             from (select coalesce(low_stock_threshold, $1) as threshold,
                          coalesce((select sum(codes)
                                    from stock_entries
                                    where stock_entries.tenant_id = pools.tenant_id
                                      and stock_entries.pool_id = pools.id
                                      and state = {FREE}), 0) as free
                   from pools) as all_pools"
        );
        let unit = Unit::new("stock summary");
        let states: Vec<(i16, i64)> =
            self.engine().read(unit, Statement::new(STATES, params![])).await?;
        let pools: Option<(i64, i64, i64)> =
            self.engine().read_one(unit, Statement::new(POOLS, params![default])).await?;
        let (pools, low, empty) = pools.unwrap_or_default();
        let bound = states.iter().filter(|(state, _)| *state == BOUND).map(|(_, codes)| codes);
        let state = |&(state, codes): &(i16, i64)| Some((CodeState::numbered(state)?, codes));
        Ok(StockSummary {
            by_state: states.iter().filter_map(state).collect(),
            bound: bound.sum(),
            pools,
            low,
            empty,
        })
    }

    /// A pool's own threshold, if it has one; `None` if this tenant has no such pool.
    async fn threshold(
        &self,
        tenant: TenantId,
        pool: PoolId,
    ) -> Result<Option<Option<i32>>, StoreError> {
        let unit = Unit::of("low-stock threshold", tenant.uuid());
        let found: Option<(Option<i32>,)> =
            self.engine().read_one(unit, select_threshold(tenant, pool)).await?;
        Ok(found.map(|(threshold,)| threshold))
    }

    async fn count_stock(
        &self,
        tenant: TenantId,
        pool: Option<PoolId>,
    ) -> Result<Stock, StoreError> {
        let rows: Vec<CountRow> =
            self.engine().read(Unit::of("stock", tenant.uuid()), counts(tenant, pool)).await?;
        let last_movement = rows.iter().map(|row| row.last).max();
        let mut stock = Stock { last_movement, ..Stock::default() };
        for CountRow { address, state, codes, free, .. } in rows {
            match (address, CodeState::numbered(state)) {
                (Some(address), _) => {
                    stock.by_operator.push(OperatorStock { address, total: codes, free });
                }
                (None, Some(state)) => stock.by_state.push((state, codes)),
                (None, None) if state == BOUND => stock.bound = codes,
                (None, None) => {}
            }
        }
        Ok(stock)
    }
}

/// The counts by state, then by host.
fn counts(tenant: TenantId, pool: Option<PoolId>) -> Statement<'static> {
    macro_rules! counts {
        ($scope:literal) => {
            formatcp!(
                "with counted as (
                   select smdp_host as address, state, sum(codes) as codes, max(last_at) as last
                   from stock_entries as entry
                   where entry.tenant_id = $1 {SCOPE}
                   group by smdp_host, state),
                 hosts as (
                   select address, sum(codes) as codes,
                          sum(case when state = {FREE} then codes else 0 end) as free,
                          max(last) as last
                   from counted
                   group by address
                   having sum(codes) > 0
                   order by address
                   limit $2)
                 select null as address, cast(state as smallint) as state,
                        cast(sum(codes) as bigint) as codes, cast(0 as bigint) as free,
                        max(last) as last
                 from counted
                 group by state
                 union all
                 select address, cast({FREE} as smallint), cast(codes as bigint),
                        cast(free as bigint), last
                 from hosts
                 order by address, state",
                SCOPE = $scope
            )
        };
    }
    match pool {
        Some(pool) => {
            Statement::new(counts!("and entry.pool_id = $3"), params![tenant, MAX_OPERATORS, pool])
        }
        None => Statement::new(counts!(""), params![tenant, MAX_OPERATORS]),
    }
}

fn select_threshold(tenant: TenantId, pool: PoolId) -> Statement<'static> {
    let text = "select low_stock_threshold from pools where tenant_id = $1 and id = $2";
    Statement::new(text, params![tenant, pool])
}
