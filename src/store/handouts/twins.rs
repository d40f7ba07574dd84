//! Codes that are stored more than once: in several pools, or under several ICCIDs.

use const_format::formatcp;
use uuid::Uuid;

use super::outcome::{FREE, HANDED_OUT_ELSEWHERE};
use crate::domain::{TenantId, Timestamp};
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
      where @likely(twin.tenant_id = code.tenant_id) and twin.fingerprint = code.fingerprint
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
        smdp_address: String,
        bound: bool,
        at: Timestamp,
    }
}

/// Marks the twins of codes that were taken as handed out elsewhere. Leaves out those that another
/// claim has locked: the ledger refuses it, and it marks them itself.
pub(in crate::store) async fn mark(
    transaction: &mut Transaction<'_>,
    tenant: TenantId,
    taken: &[Original<'_>],
) -> Result<(), StoreError> {
    const FREE_TWINS: &str = formatcp!(
        "{TWINS} and twin.state <> {HANDED_OUT_ELSEWHERE} @lock(for update of twin skip locked)"
    );
    change(transaction, tenant, (FREE_TWINS, [FREE, HANDED_OUT_ELSEWHERE]), taken).await
}

/// Makes the twins of a code free that is free again.
pub(super) async fn unmark(
    transaction: &mut Transaction<'_>,
    tenant: TenantId,
    reinstated: Original<'_>,
) -> Result<(), StoreError> {
    const MARKED_TWINS: &str =
        formatcp!("{TWINS} and twin.state = {HANDED_OUT_ELSEWHERE} @lock(for update of twin)");
    let states = [HANDED_OUT_ELSEWHERE, FREE];
    change(transaction, tenant, (MARKED_TWINS, states), &[reinstated]).await
}

const TWINS: &str = formatcp!(
    "select twin.pool_id, twin.position, twin.smdp_address, twin.bound_eid is not null, original.at
     from @original
     cross join activation_codes as twin
     where @likely(twin.tenant_id = $1) and twin.fingerprint = original.its_fingerprint
       and {INDEXED} and not (twin.pool_id = in_pool and twin.position = at_position)"
);

async fn change(
    transaction: &mut Transaction<'_>,
    tenant: TenantId,
    (find, states): (&'static str, [i16; 2]),
    originals: &[Original<'_>],
) -> Result<(), StoreError> {
    let all = || originals.iter();
    let find = Statement::new(find, params![tenant]).with(
        "original",
        [
            ("in_pool", Array::Ids(all().map(|it| it.pool).collect())),
            ("at_position", Array::Ints(all().map(|it| it.position).collect())),
            ("its_fingerprint", Array::Blobs(all().map(|it| it.fingerprint).collect())),
            ("at", Array::Timestamps(all().map(|it| it.at).collect())),
        ],
    );
    let twins: Vec<TwinRow> = transaction.rows(find).await?;
    if twins.is_empty() {
        return Ok(());
    }
    let update = Statement::new(
        "update activation_codes
         set state = $2, state_changed_at = at
         from @twin
         where @likely(tenant_id = $1) and pool_id = in_pool and position = at_position",
        params![tenant, i32::from(states[1])],
    );
    let update = update.with(
        "twin",
        [
            ("in_pool", Array::Ids(twins.iter().map(|twin| twin.pool_id).collect())),
            ("at_position", Array::Ints(twins.iter().map(|twin| twin.position).collect())),
            ("at", Array::Timestamps(twins.iter().map(|twin| twin.at).collect())),
        ],
    );
    transaction.execute(update).await?;
    let mut stock = StockChanges::default();
    for TwinRow { pool_id, smdp_address, bound, at, .. } in &twins {
        let code = CountedCode { pool: *pool_id, address: smdp_address, bound: *bound };
        stock.moved(code, states, *at);
    }
    transaction.execute(stock.insert(tenant)).await.map(drop)
}
