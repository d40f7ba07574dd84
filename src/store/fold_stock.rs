//! Folds the entries of the stock: those of a host become one for each state.

use uuid::Uuid;

use super::db::{Completion, Statement, Transaction, Unit, params, row};
use super::error::StoreError;
use super::handle::Store;
use super::stock_entries::StockChanges;
use crate::domain::{PoolId, TenantId, Timestamp};

/// From how many entries of a host on they are folded: a fold leaves ten at most.
const CROWDED: i64 = 24;
/// The most hosts of a pool that are folded at a time.
const MAX_HOSTS: i64 = 16;
/// The entries of a pool are folded after one change in so many, so that a pool is folded the more
/// often, the more it changes. A prime, for changes that come in turns.
const CHANGES_PER_FOLD: u64 = 61;

row! {
    struct EntryRow {
        state: i16,
        codes: i64,
        last_at: Timestamp,
    }
}

impl Store {
    /// Counts a change of codes. Folds the entries of their pool if it is time.
    pub(in crate::store) fn note_stock_change(&self, tenant: TenantId, pool: PoolId) {
        if !self.count_stock_change().is_multiple_of(CHANGES_PER_FOLD) {
            return;
        }
        let store = self.clone();
        self.engine().tasks().spawn(async move {
            // What is not folded now is folded later.
            if let Err(error) = store.fold_pool(tenant, pool).await {
                tracing::debug!(%pool, %error, "the entries of the stock were not folded");
            }
        });
    }

    /// Folds the entries of all pools that have many. Not audited: it changes no count.
    pub async fn fold_stock(&self) -> Result<(), StoreError> {
        const CROWDED_POOLS: &str = "select distinct pool_id
            from (select pool_id
                  from stock_entries
                  where tenant_id = $1
                  group by pool_id, smdp_host
                  having count(*) > $2) as crowded";
        let unit = Unit::new("fold stock");
        let tenants = Statement::new("select tenant_id from tenants", params![]);
        let tenants: Vec<(Uuid,)> = self.engine().read(unit, tenants).await?;
        for (tenant,) in tenants {
            let pools = Statement::new(CROWDED_POOLS, params![tenant, CROWDED]);
            let pools: Vec<(Uuid,)> = self.engine().read(unit, pools).await?;
            for (pool,) in pools {
                self.fold_pool(tenant.into(), pool.into()).await?;
            }
        }
        Ok(())
    }

    async fn fold_pool(&self, tenant: TenantId, pool: PoolId) -> Result<(), StoreError> {
        let unit = Unit::of("fold stock", tenant.uuid());
        let hosts = Statement::new(
            "select smdp_host
             from stock_entries
             where tenant_id = $1 and pool_id = $2
             group by smdp_host
             having count(*) > $3
             limit $4",
            params![tenant, pool, CROWDED, MAX_HOSTS],
        );
        let hosts: Vec<(String,)> = self.engine().read(unit, hosts).await?;
        for (host,) in hosts {
            let folded =
                self.engine().transaction(unit, self.engine().deadline(), move |transaction| {
                    Box::pin(async move {
                        fold_host(transaction, tenant, pool, &host).await?;
                        Ok::<_, StoreError>(Completion::Commit(()))
                    })
                });
            folded.await?;
        }
        Ok(())
    }
}

async fn fold_host(
    transaction: &mut Transaction<'_>,
    tenant: TenantId,
    pool: PoolId,
    host: &str,
) -> Result<(), StoreError> {
    // A pool that is being deleted would leave the new entries behind.
    let lock = "select 1 as one from pools where tenant_id = $1 and id = $2 @lock(for key share)";
    let lock = Statement::new(lock, params![tenant, pool]);
    let exists = transaction.row::<(i32,)>(lock).await?.is_some();
    let entries = Statement::new(
        "delete from stock_entries
         where tenant_id = $1 and pool_id = $2 and smdp_host = $3
         returning state, codes, last_at",
        params![tenant, pool, host],
    );
    let entries: Vec<EntryRow> = transaction.rows(entries).await?;
    let mut folded = StockChanges::default();
    for EntryRow { state, codes, last_at } in entries {
        folded.add((pool.uuid(), host, state), codes, last_at);
    }
    if exists && !folded.is_empty() {
        transaction.execute(folded.insert(tenant)).await?;
    }
    Ok(())
}
