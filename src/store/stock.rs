//! What is left in a pool, or in all of them.

use super::arguments::args;
use super::change::{Changed, Made};
use super::ledger::known;
use super::pools::lock_pool;
use super::record::record;
use super::sql::Sql;
use super::statement::Statement;
use super::{Store, StoreError};
use crate::auth::{Claim, Permit, Read, Write};
use crate::domain::{
    Activity, AuditDraft, ChangeContext, CodeState, OperatorStock, PoolId, Stock, TenantId,
    Timestamp,
};

/// The most operators that are told apart.
const OPERATORS: i64 = 1000;

record! {
    /// How many codes are in a state, or at a host.
    struct CountRow {
        address: Option<String>,
        state: i16,
        codes: i64,
        free: i64,
        last: Timestamp,
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
        context: ChangeContext,
    ) -> Result<bool, StoreError> {
        let tenant = permit.tenant();
        let made = self.change(permit, context, move |work| {
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
            concat!(
                "select count(*) from (
                   select 1 as one from activation_codes
                   where tenant_id = $1 and pool_id = $2 and state = 0 and ",
                known!("$1", "activation_codes.fingerprint"),
                " is null limit $3) as free"
            ),
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
        // Lower case by ASCII's rules on both engines, as hosts are compared. Only of codes that look
        // free the ledger may know more. A join, and not the question whether there is an entry of
        // each code: the ledger may be as long as the pool.
        let what = "with counted as (
               select lower(code.smdp_address) as address, cast(code.state as integer) as state,
                      count(*) as codes, max(code.state_changed_at) as last
               from activation_codes as code
               where code.state <> 0 and code.tenant_id = $1";
        let mut sql = Sql::new(self.0.engine.dialect(), what, args![tenant]);
        let scope = |sql: &mut Sql| {
            if let Some(pool) = pool {
                sql.push(" and code.pool_id = ").arg(pool);
            }
        };
        scope(&mut sql);
        sql.push(
            " group by 1, 2
               union all
               select lower(code.smdp_address), case when handouts.id is null then 0 else 9 end,
                      count(*), max(code.state_changed_at)
               from activation_codes as code
               left join handouts
                 on handouts.tenant_id = $1 and handouts.fingerprint = code.fingerprint
                    and handouts.outcome <> 9
               where code.state = 0 and code.tenant_id = $1",
        );
        scope(&mut sql);
        sql.push(
            " group by 1, 2),
             hosts as (
               select address, sum(codes) as codes,
                      sum(case when state = 0 then codes else 0 end) as free, max(last) as last
               from counted group by address order by address limit ",
        );
        sql.arg(OPERATORS).push(
            ")
             select null as address, cast(state as smallint) as state,
                    cast(sum(codes) as bigint) as codes, cast(0 as bigint) as free, max(last) as last
             from counted group by state
             union all
             select address, cast(0 as smallint), cast(codes as bigint), cast(free as bigint), last
             from hosts order by address, state",
        );
        let rows: Vec<CountRow> = self.0.engine.read(sql.finish()).await?;
        let last_movement = rows.iter().map(|row| row.last).max();
        let mut stock = Stock { last_movement, ..Stock::default() };
        for CountRow { address, state, codes, free, .. } in rows {
            match (address, CodeState::numbered(state)) {
                (Some(address), _) => {
                    stock.by_operator.push(OperatorStock { address, total: codes, free });
                }
                (None, Some(state)) => stock.by_state.push((state, codes)),
                (None, None) => {}
            }
        }
        Ok(stock)
    }
}

fn select_threshold(tenant: TenantId, pool: PoolId) -> Statement {
    let sql = "select low_stock_threshold from pools where tenant_id = $1 and id = $2";
    Statement::new(sql, args![tenant, pool])
}
