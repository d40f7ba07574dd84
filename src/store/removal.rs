//! Removing free codes that satisfy a condition, such as those of an import. A code that was ever handed
//! out stays, whatever the condition says.

use std::sync::Arc;
use std::time::Duration;

use const_format::formatcp;
use uuid::Uuid;

use super::db::{Array, Statement, Transaction, Unit, params};
use super::entity::{Entity, Scope};
use super::error::StoreError;
use super::handle::Store;
use super::handouts::{FREE, IN_LEDGER};
use super::pools;
use super::stock_entries::{CHANGED, ChangedRow, StockChanges};
use super::write::{WriteLimits, WriteOutcome};
use crate::auth::{Permit, Write};
use crate::domain::{
    Activity, AuditDraft, ChangeContext, CodeField, ImportId, Pool, PoolId, PooledCode, Predicate,
    Removal, TenantCode, TenantCodeField, TenantId, Timestamp,
};

/// How many codes are removed at a time: a statement returns a row for each.
const PIECE: u32 = 10_000;
/// How long it may take for millions of codes.
const REMOVAL_TIMEOUT: Duration = Duration::from_hours(6);

impl Store {
    /// Removes the free codes of a pool that satisfy a condition, or `None` if this tenant has no such
    /// pool. `import` is the import that the condition names, for the audit log.
    pub async fn remove_codes(
        &self,
        permit: &Permit<Write>,
        pool: PoolId,
        filter: Predicate<CodeField>,
        import: Option<ImportId>,
        context: ChangeContext,
    ) -> Result<Option<Removal>, StoreError> {
        self.remove::<PooledCode>(permit, pool, Arc::new(filter), import, context).await
    }

    /// The same in one of the pools that [`pools_with_codes`](Self::pools_with_codes) names.
    pub async fn remove_tenant_codes(
        &self,
        permit: &Permit<Write>,
        pool: PoolId,
        filter: &Arc<Predicate<TenantCodeField>>,
        import: Option<ImportId>,
        context: ChangeContext,
    ) -> Result<Option<Removal>, StoreError> {
        self.remove::<TenantCode>(permit, pool, filter.clone(), import, context).await
    }

    /// The pools of the tenant that have codes which satisfy a condition.
    pub async fn pools_with_codes(
        &self,
        permit: &Permit<Write>,
        filter: &Predicate<TenantCodeField>,
    ) -> Result<Vec<PoolId>, StoreError> {
        let scope = Scope::tenant(permit.tenant());
        let mut query = scope.select::<TenantCode>("distinct pool_id", self.dialect());
        query.push(" and ").predicate(filter, true).push(" order by pool_id");
        let unit = Unit::of("pools with codes", permit.tenant().uuid());
        let pools: Vec<(Uuid,)> = self.engine().read(unit, query).await?;
        Ok(pools.into_iter().map(|(pool,)| pool.into()).collect())
    }

    async fn remove<E: Entity<Field: Send + Sync>>(
        &self,
        permit: &Permit<Write>,
        pool: PoolId,
        filter: Arc<Predicate<E::Field>>,
        import: Option<ImportId>,
        context: ChangeContext,
    ) -> Result<Option<Removal>, StoreError> {
        let tenant = permit.tenant();
        let limits = WriteLimits { deadline: REMOVAL_TIMEOUT, locks: Some(pool.uuid()) };
        let removed =
            self.write_within(limits, "remove codes", permit, context, move |transaction| {
                Box::pin(async move {
                    let Some(old) = pools::lock(transaction, tenant, pool).await? else {
                        return Ok(WriteOutcome::Unchanged(None));
                    };
                    transaction.without_time_limit().await?;
                    remove::<E>(transaction, tenant, &old, &filter, import, context.at).await
                })
            });
        removed.await?.fresh()
    }
}

async fn remove<E: Entity<Field: Send + Sync>>(
    transaction: &mut Transaction<'_>,
    tenant: TenantId,
    pool: &Pool,
    filter: &Predicate<E::Field>,
    import: Option<ImportId>,
    at: Timestamp,
) -> Result<WriteOutcome<Option<Removal>>, StoreError> {
    let (scope, dialect) = (Scope::pool(tenant, pool.id), transaction.dialect());
    let (mut removed, mut stock) = (0, StockChanges::default());
    let mut after = -1;
    loop {
        // Those that are shown as free: what is free in this pool may be in the ledger.
        let mut chosen = scope.select::<E>("position", dialect);
        chosen.push(" and ").predicate(filter, true);
        chosen.push(formatcp!(" and state = {FREE} and position > ")).param(after);
        chosen.push(" order by position limit ").param(i64::from(PIECE));
        let positions: Vec<(i32,)> = transaction.rows(chosen).await?;
        let Some((last,)) = positions.last() else { break };
        after = *last;
        let rows: Vec<ChangedRow> = transaction.rows(delete(tenant, pool.id, &positions)).await?;
        removed += rows.len() as u64;
        for row in &rows {
            stock.removed(row.counted(pool.id), at);
        }
    }
    let mut rest = scope.select::<E>("count(*)", dialect);
    rest.push(" and ").predicate(filter, true);
    let left: Option<(i64,)> = transaction.row(rest).await?;
    let left = left.map_or(0, |(left,)| u64::try_from(left).unwrap_or_default());
    let removal = Removal { removed, left };
    if removed == 0 {
        return Ok(WriteOutcome::Unchanged(Some(removal)));
    }
    transaction.execute(stock.insert(tenant)).await?;
    let count = i32::try_from(removed).unwrap_or(i32::MAX);
    transaction.execute(pools::remove_codes(tenant, pool.id, count, at)).await?;
    let shown = |count: i32| Some(count.to_string());
    let audit = AuditDraft::new(Activity::RemoveCodes)
        .on("embeddedSIMActivationCodePool", pool.id.uuid(), Some(pool.display_name.as_str()))
        .with("activationCodeCount", shown(pool.code_count), shown(pool.code_count - count))
        .with("leftCount", None, (left > 0).then(|| left.to_string()))
        .with("importId", None, import.map(|import| import.to_string()));
    let value = Some(removal);
    Ok(WriteOutcome::Changed { value, audit, replay: String::new() })
}

/// Deletes those of these codes that are free still: a claim may have been faster.
fn delete(tenant: TenantId, pool: PoolId, positions: &[(i32,)]) -> Statement<'static> {
    const TEXT: &str = formatcp!(
        "delete from activation_codes as code
         where tenant_id = $1 and pool_id = $2 and position in (select value from @given)
           and state = {FREE} and {IN_LEDGER} is null
         returning {CHANGED}"
    );
    let given = Array::Ints(positions.iter().map(|(position,)| *position).collect());
    Statement::new(TEXT, params![tenant, pool]).with("given", [("value", given)])
}
