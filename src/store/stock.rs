//! What is left in a pool, or in all of them.

use super::arguments::args;
use super::change::{Changed, Made};
use super::pools::lock_pool;
use super::record::record;
use super::sql::Sql;
use super::statement::Statement;
use super::{Store, StoreError};
use crate::auth::{Claim, Permit, Read, Write};
use crate::domain::{
    Activity, AuditDraft, CodeState, OperatorStock, PoolId, Stamp, Stock, TenantId, Timestamp,
};

/// The most operators that are told apart.
const OPERATORS: i64 = 1000;

record! {
    struct StateRow {
        state: i16,
        codes: i64,
        last: Timestamp,
    }
}

record! {
    struct OperatorRow {
        address: String,
        total: i64,
        free: i64,
    }
}

impl Store {
    /// The codes of a pool, counted; `None` without the pool.
    pub async fn stock(
        &self,
        permit: &Permit<Read>,
        pool: PoolId,
    ) -> Result<Option<Stock>, StoreError> {
        let tenant = permit.tenant();
        let Some(threshold) = self.threshold(tenant, pool).await? else { return Ok(None) };
        let stock = self.counted(tenant, Some(pool)).await?;
        Ok(Some(Stock { low_stock_threshold: threshold.map(i64::from), ..stock }))
    }

    /// The codes of all pools of the tenant, counted.
    pub async fn stock_of_all(&self, permit: &Permit<Read>) -> Result<Stock, StoreError> {
        self.counted(permit.tenant(), None).await
    }

    /// Says from how many free codes down a pool's stock is low; with `None` the settings say so.
    /// Gives the stock, or `None` without the pool.
    pub async fn set_low_stock_threshold(
        &self,
        permit: &Permit<Write>,
        pool: PoolId,
        threshold: Option<i32>,
        stamp: Stamp,
    ) -> Result<bool, StoreError> {
        let tenant = permit.tenant();
        let made = self.change(permit, stamp, move |work| {
            Box::pin(async move {
                if !lock_pool(work, tenant, pool).await? {
                    return Ok(Changed::No(false));
                }
                let old: Option<(Option<i32>,)> = work.row(select_threshold(tenant, pool)).await?;
                let old = old.and_then(|(old,)| old);
                if old == threshold {
                    return Ok(Changed::No(true));
                }
                let update = "update pools set low_stock_threshold = $3
                              where tenant_id = $1 and id = $2";
                work.run(Statement::new(update, args![tenant, pool, threshold])).await?;
                let text = |threshold: Option<i32>| threshold.map(|count| count.to_string());
                let audit = AuditDraft::new(Activity::SetLowStock)
                    .on("embeddedSIMActivationCodePool", pool.uuid(), None)
                    .with("lowStockThreshold", text(old), text(threshold));
                Ok(Changed::Yes { value: true, audit, memo: String::new() })
            })
        });
        Ok(match made.await? {
            Made::Now(known) => known,
            Made::Before(_) => true,
        })
    }

    /// How many free codes a pool has, if they are few: not more than its threshold, or than
    /// `default` where it has none. Looks at no more codes than that.
    pub async fn low_stock(
        &self,
        permit: &Permit<Claim>,
        pool: PoolId,
        default: i32,
    ) -> Result<Option<i64>, StoreError> {
        let tenant = permit.tenant();
        let Some(threshold) = self.threshold(tenant, pool).await? else { return Ok(None) };
        let threshold = i64::from(threshold.unwrap_or(default));
        let count = Statement::new(
            "select count(*) from (
               select 1 as one from activation_codes
               where tenant_id = $1 and pool_id = $2 and state = 0 limit $3) as free",
            args![tenant, pool, threshold + 1],
        );
        let free: Option<(i64,)> = self.0.engine.read_one(count).await?;
        Ok(free.map(|(free,)| free).filter(|free| *free <= threshold))
    }

    /// A pool's own threshold, which it may not have; `None` without the pool.
    async fn threshold(
        &self,
        tenant: TenantId,
        pool: PoolId,
    ) -> Result<Option<Option<i32>>, StoreError> {
        let found: Option<(Option<i32>,)> =
            self.0.engine.read_one(select_threshold(tenant, pool)).await?;
        Ok(found.map(|(threshold,)| threshold))
    }

    async fn counted(&self, tenant: TenantId, pool: Option<PoolId>) -> Result<Stock, StoreError> {
        let dialect = self.0.engine.dialect();
        let scope = |sql: &mut Sql| {
            sql.push(" from activation_codes where tenant_id = ").arg(tenant);
            if let Some(pool) = pool {
                sql.push(" and pool_id = ").arg(pool);
            }
        };
        let what = "select state, count(*) as codes, max(state_changed_at) as last";
        let mut states = Sql::new(dialect, what, args![]);
        scope(&mut states);
        states.push(" group by state order by state");
        let states: Vec<StateRow> = self.0.engine.read(states.finish()).await?;

        // Lower case by ASCII's rules on both engines, as hosts are compared.
        let what = "select lower(smdp_address) as address, count(*) as total,
                           count(case when state = 0 then 1 end) as free";
        let mut operators = Sql::new(dialect, what, args![]);
        scope(&mut operators);
        operators.push(" group by lower(smdp_address) order by lower(smdp_address) limit ");
        operators.arg(OPERATORS);
        let operators: Vec<OperatorRow> = self.0.engine.read(operators.finish()).await?;

        let last_movement = states.iter().map(|row| row.last).max();
        let state = |row: StateRow| CodeState::numbered(row.state).map(|state| (state, row.codes));
        let operator = |row: OperatorRow| OperatorStock {
            address: row.address,
            total: row.total,
            free: row.free,
        };
        Ok(Stock {
            by_state: states.into_iter().filter_map(state).collect(),
            by_operator: operators.into_iter().map(operator).collect(),
            last_movement,
            low_stock_threshold: None,
        })
    }
}

fn select_threshold(tenant: TenantId, pool: PoolId) -> Statement {
    let sql = "select low_stock_threshold from pools where tenant_id = $1 and id = $2";
    Statement::new(sql, args![tenant, pool])
}
