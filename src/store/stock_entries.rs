//! The kept counts of codes, by pool, host and state. Every transaction that changes codes inserts
//! what it adds and takes away; the sums are the stock.
//!
//! Entries are only inserted, so that no claim waits for a count that another one has changed. Now and
//! then `fold_stock` makes one entry of them for each host and state.

use std::collections::BTreeMap;

use const_format::formatcp;
use uuid::Uuid;

use super::db::{Array, Dialect, Statement, params, row};
use super::handouts::{FREE, HANDED_OUT_ELSEWHERE, IN_LEDGER};
use crate::domain::{PoolId, TenantId, Timestamp};

const INTO: &str =
    "insert into stock_entries (tenant_id, pool_id, smdp_host, state, codes, last_at)";

/// What a free code counts as that only the device of one EID may get: no state of a code.
pub(in crate::store) const BOUND: i16 = 10;
/// What a code counts as.
const COUNTED_AS: &str =
    formatcp!("case when state = {FREE} and bound_eid is not null then {BOUND} else state end");

/// What a code of a state counts as.
fn counted_as(state: i16, bound: bool) -> i16 {
    if state == FREE && bound { BOUND } else { state }
}

/// A code whose state changes, as its pool counts it.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct CountedCode<'c> {
    pub(in crate::store) pool: Uuid,
    pub(in crate::store) address: &'c str,
    /// Whether only the device of one EID may get it.
    pub(in crate::store) bound: bool,
}

row! {
    /// What a statement that changes codes tells of each.
    pub(in crate::store) struct ChangedRow {
        smdp_address: String,
        bound: bool,
    }
}

/// What [`ChangedRow`] is read from.
pub(in crate::store) const CHANGED: &str = "smdp_address, bound_eid is not null";

impl ChangedRow {
    pub(in crate::store) fn counted(&self, pool: PoolId) -> CountedCode<'_> {
        CountedCode { pool: pool.uuid(), address: &self.smdp_address, bound: self.bound }
    }
}

/// What changes in the counts of one tenant's codes.
#[derive(Debug, Default)]
pub(in crate::store) struct StockChanges(BTreeMap<(Uuid, String, i16), (i64, Timestamp)>);

impl StockChanges {
    /// Codes of an address and a state that are added, or taken away if `codes` is negative.
    pub(in crate::store) fn add(
        &mut self,
        (pool, address, state): (Uuid, &str, i16),
        codes: i64,
        at: Timestamp,
    ) {
        // Hosts are ASCII, and compare without case.
        let key = (pool, address.to_ascii_lowercase(), state);
        let entry = self.0.entry(key).or_insert((0, at));
        *entry = (entry.0 + codes, entry.1.max(at));
    }

    /// A free code that is removed.
    pub(in crate::store) fn removed(
        &mut self,
        CountedCode { pool, address, bound }: CountedCode<'_>,
        at: Timestamp,
    ) {
        self.add((pool, address, counted_as(FREE, bound)), -1, at);
    }

    /// A code that changes from one state to another.
    pub(in crate::store) fn moved(
        &mut self,
        CountedCode { pool, address, bound }: CountedCode<'_>,
        [old, new]: [i16; 2],
        at: Timestamp,
    ) {
        self.add((pool, address, counted_as(old, bound)), -1, at);
        self.add((pool, address, counted_as(new, bound)), 1, at);
    }

    pub(in crate::store) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The insert of these entries.
    pub(in crate::store) fn insert(&self, tenant: TenantId) -> Statement<'_> {
        const TEXT: &str =
            formatcp!("{INTO} select @tenant, in_pool, host, new_state, added, at from @entry");
        let keys = || self.0.keys();
        Statement::new(TEXT, params![tenant]).with(
            "entry",
            [
                ("in_pool", Array::Ids(keys().map(|(pool, _, _)| *pool).collect())),
                ("host", Array::Texts(keys().map(|(_, host, _)| host.as_str()).collect())),
                ("new_state", Array::Ints(keys().map(|key| key.2.into()).collect())),
                ("added", Array::Longs(self.0.values().map(|(codes, _)| *codes).collect())),
                ("at", Array::Timestamps(self.0.values().map(|(_, at)| *at).collect())),
            ],
        )
    }
}

/// Counts the codes of a pool that this transaction has stored, from a position on.
pub(in crate::store) fn count_stored(
    tenant: TenantId,
    pool: PoolId,
    from: i32,
) -> Statement<'static> {
    const TEXT: &str = formatcp!(
        "{INTO}
         select tenant_id, pool_id, lower(smdp_address), {COUNTED_AS}, count(*),
                max(state_changed_at)
         from activation_codes
         where tenant_id = $1 and pool_id = $2 and position >= $3
         group by tenant_id, pool_id, lower(smdp_address), {COUNTED_AS}"
    );
    Statement::new(TEXT, params![tenant, pool, from])
}

/// Forgets the counts of a pool whose codes have been deleted.
pub(in crate::store) fn delete(tenant: TenantId, pool: PoolId) -> Statement<'static> {
    let text = "delete from stock_entries where tenant_id = $1 and pool_id = $2";
    Statement::new(text, params![tenant, pool])
}

/// Marks codes of a pool that are stored as free and are in the ledger, and counts them so: all of
/// them, or those of an ICCID.
pub(in crate::store) fn mark_elsewhere(
    dialect: Dialect,
    (tenant, pool): (TenantId, PoolId),
    iccid: Option<&str>,
    at: Timestamp,
) -> Vec<Statement<'static>> {
    // Each code is taken from the free ones and added to the others.
    const COUNT: &str = formatcp!(
        "{INTO}
         select tenant_id, pool_id, lower(smdp_address),
                case when column1 = 1 then {HANDED_OUT_ELSEWHERE}
                     when bound_eid is null then {FREE} else {BOUND} end,
                sum(column1), $3"
    );
    const SIDES: &str = "cross join (values (-1), (1)) as side
         group by tenant_id, pool_id, lower(smdp_address), column1, bound_eid is null";
    macro_rules! texts {
        ($which:literal) => {{
            const MARKED: &str = formatcp!(
                "tenant_id = $1 and pool_id = $2 and state = {FREE} and {IN_LEDGER} {WHICH}",
                WHICH = $which
            );
            const MARK: &str = formatcp!(
                "update activation_codes as code
                 set state = {HANDED_OUT_ELSEWHERE}, state_changed_at = $3
                 where {MARKED}"
            );
            // What is counted must be what is marked: another transaction may mark the same.
            const AT_ONCE: &str = formatcp!(
                "with code as ({MARK} returning tenant_id, pool_id, smdp_address, bound_eid)
                 {COUNT} from code {SIDES}"
            );
            const BEFORE: &str = formatcp!(
                "{COUNT}
                 from (select * from activation_codes as code where {MARKED}) as code {SIDES}"
            );
            match dialect {
                Dialect::Postgres | Dialect::Citus => vec![AT_ONCE],
                // It has one writer, but no statement that changes two tables.
                Dialect::Sqlite => vec![BEFORE, MARK],
            }
        }};
    }
    let mut params = Vec::from(params![tenant, pool, at]);
    let texts = match iccid {
        None => texts!(""),
        Some(iccid) => {
            params.push(iccid.into());
            texts!("and iccid = $4")
        }
    };
    texts.into_iter().map(|text| Statement::new(text, params.clone())).collect()
}
