//! Codes that are stored more than once: in several pools, or under several ICCIDs.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use const_format::formatcp;
use uuid::Uuid;

use super::outcome::{FREE, HANDED_OUT_ELSEWHERE};
use crate::domain::{PoolId, TenantId, Timestamp};
use crate::store::db::{Array, Statement, Transaction, params, row};
use crate::store::error::StoreError;
use crate::store::stock_entries::{CountedCode, StockChanges};

/// The condition of the index by fingerprint: SQLite uses it only for the same words.
const INDEXED: &str = formatcp!("twin.state in ({FREE}, {HANDED_OUT_ELSEWHERE})");

/// Whether `activation_codes as code` is stored as free elsewhere. Not `state = 0`: as long as Postgres
/// has no statistics of a new table, it would take the index of free codes, and read all of them.
pub(super) const HAS_TWIN: &str = formatcp!(
    "(select 1
      from activation_codes as twin
      where @likely(twin.tenant_id = $1) and twin.fingerprint = code.fingerprint
        and {INDEXED} and twin.state <> {HANDED_OUT_ELSEWHERE}
        and not (twin.pool_id = code.pool_id and twin.position = code.position)
      limit 1) is not null"
);

/// A code whose twins change with it.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct Original<'c> {
    pub(in crate::store) pool: Uuid,
    pub(in crate::store) position: i32,
    pub(in crate::store) fingerprint: &'c [u8],
    pub(in crate::store) at: Timestamp,
}

row! {
    struct TwinRow {
        pool_id: Uuid,
        position: i32,
        iccid: String,
        smdp_address: String,
        bound: bool,
        at: Timestamp,
    }
}

/// Twins of codes that were taken while another transaction had locked them. They are marked once the
/// codes are committed.
#[derive(Clone, Debug, Default)]
pub(in crate::store) struct LeftTwins(Arc<Mutex<Vec<(PoolId, String)>>>);

impl LeftTwins {
    fn of(&self) -> MutexGuard<'_, Vec<(PoolId, String)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Their pools and ICCIDs, which are forgotten here.
    pub(super) fn take(&self) -> Vec<(PoolId, String)> {
        std::mem::take(&mut *self.of())
    }
}

/// Marks the twins of codes that were taken as handed out elsewhere. Does not wait for those that
/// another transaction has locked, which may itself wait for this one.
pub(in crate::store) async fn mark(
    transaction: &mut Transaction<'_>,
    tenant: TenantId,
    taken: &[Original<'_>],
    left: &LeftTwins,
) -> Result<(), StoreError> {
    const FREE_TWINS: &str = formatcp!("{TWINS} and twin.state <> {HANDED_OUT_ELSEWHERE}");
    const LOCK: &str = formatcp!(
        "select pool_id, position
         from @twin
         join activation_codes as code
           on @likely(code.tenant_id = $1) and code.pool_id = in_pool
              and code.position = at_position
         where code.state = {FREE}
         @lock(for update of code skip locked)"
    );
    let twins: Vec<TwinRow> = transaction.rows(of_originals(FREE_TWINS, tenant, taken)).await?;
    if twins.is_empty() {
        return Ok(());
    }
    let lock = with_twins(Statement::new(LOCK, params![tenant]), &twins);
    let locked: Vec<(Uuid, i32)> = transaction.rows(lock).await?;
    let locked: HashSet<_> = locked.into_iter().collect();
    let (ours, others): (Vec<_>, Vec<_>) =
        twins.into_iter().partition(|twin| locked.contains(&(twin.pool_id, twin.position)));
    left.of().extend(others.into_iter().map(|twin| (twin.pool_id.into(), twin.iccid)));
    change(transaction, tenant, [FREE, HANDED_OUT_ELSEWHERE], &ours).await
}

/// Makes the twins of a code free that is free again.
pub(super) async fn unmark(
    transaction: &mut Transaction<'_>,
    tenant: TenantId,
    reinstated: Original<'_>,
) -> Result<(), StoreError> {
    const MARKED_TWINS: &str =
        formatcp!("{TWINS} and twin.state = {HANDED_OUT_ELSEWHERE} @lock(for update of twin)");
    let twins = transaction.rows(of_originals(MARKED_TWINS, tenant, &[reinstated])).await?;
    change(transaction, tenant, [HANDED_OUT_ELSEWHERE, FREE], &twins).await
}

const TWINS: &str = formatcp!(
    "select twin.pool_id, twin.position, twin.iccid, twin.smdp_address,
            twin.bound_eid is not null, original.at
     from @original
     cross join activation_codes as twin
     where @likely(twin.tenant_id = $1) and twin.fingerprint = original.its_fingerprint
       and {INDEXED} and not (twin.pool_id = in_pool and twin.position = at_position)"
);

fn of_originals<'c>(
    text: &'static str,
    tenant: TenantId,
    originals: &[Original<'c>],
) -> Statement<'c> {
    let all = || originals.iter();
    Statement::new(text, params![tenant]).with(
        "original",
        [
            ("in_pool", Array::Ids(all().map(|it| it.pool).collect())),
            ("at_position", Array::Ints(all().map(|it| it.position).collect())),
            ("its_fingerprint", Array::Blobs(all().map(|it| it.fingerprint).collect())),
            ("at", Array::Timestamps(all().map(|it| it.at).collect())),
        ],
    )
}

fn with_twins<'s>(statement: Statement<'s>, twins: &[TwinRow]) -> Statement<'s> {
    statement.with(
        "twin",
        [
            ("in_pool", Array::Ids(twins.iter().map(|twin| twin.pool_id).collect())),
            ("at_position", Array::Ints(twins.iter().map(|twin| twin.position).collect())),
            ("at", Array::Timestamps(twins.iter().map(|twin| twin.at).collect())),
        ],
    )
}

/// Gives twins another state, and counts them so.
async fn change(
    transaction: &mut Transaction<'_>,
    tenant: TenantId,
    states: [i16; 2],
    twins: &[TwinRow],
) -> Result<(), StoreError> {
    const UPDATE: &str = "update activation_codes
         set state = $2, state_changed_at = at
         from @twin
         where @likely(tenant_id = $1) and pool_id = in_pool and position = at_position";
    if twins.is_empty() {
        return Ok(());
    }
    let update = Statement::new(UPDATE, params![tenant, i32::from(states[1])]);
    transaction.execute(with_twins(update, twins)).await?;
    let mut stock = StockChanges::default();
    for TwinRow { pool_id, smdp_address, bound, at, .. } in twins {
        let code = CountedCode { pool: *pool_id, address: smdp_address, bound: *bound };
        stock.moved(code, states, *at);
    }
    transaction.execute(stock.insert(tenant)).await.map(drop)
}
