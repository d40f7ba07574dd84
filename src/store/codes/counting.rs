//! The counts of codes that are stored, by the statements that store them.

use const_format::formatcp;

use super::sealed::{LEDGER_STATE, SealedCodes};
use crate::domain::TenantId;
use crate::store::db::{Array, Statement, params};

/// The counts of codes that [`insert`](super::insert) stores, if no file has told their use.
const COUNT: &str = formatcp!(
    "insert into stock_entries (tenant_id, pool_id, smdp_host, state, codes, last_at)
     select tenant_id, pool_id, smdp_host, state, count(*), max(at)
     from (select @tenant as tenant_id, code.pool_id, code.smdp_host, {LEDGER_STATE} as state,
                  code.at
           from @code) as code
     group by tenant_id, pool_id, smdp_host, state"
);

/// The hosts of codes, as they are counted.
pub(in crate::store) fn hosts(all: &[&SealedCodes]) -> Vec<String> {
    let codes = all.iter().flat_map(|group| &group.codes);
    codes.map(|code| code.smdp_address.to_ascii_lowercase()).collect()
}

/// Counts codes that [`insert`](super::insert) stores in the same transaction.
pub(in crate::store) fn count<'v>(
    tenant: TenantId,
    all: &[&'v SealedCodes],
    hosts: &'v [String],
) -> Statement<'v> {
    let codes = || all.iter().flat_map(|group| &group.codes);
    let each = || all.iter().flat_map(|group| group.codes.iter().map(|_| *group));
    Statement::new(COUNT, params![tenant]).with(
        "code",
        [
            ("pool_id", Array::Ids(each().map(|group| group.pool.uuid()).collect())),
            ("smdp_host", Array::Texts(hosts.iter().map(String::as_str).collect())),
            ("fingerprint", Array::Blobs(codes().map(|it| it.fingerprint.as_slice()).collect())),
            ("at", Array::Timestamps(each().map(|group| group.at).collect())),
        ],
    )
}
