//! Codes that are about to be stored, their secrets encrypted.

use const_format::formatcp;
use uuid::Uuid;

use crate::domain::{ActivationCode, CodeId, NewCode, PoolId, TenantId, Timestamp};
use crate::store::db::{Array, Statement, params};
use crate::store::handouts::{FREE, HANDED_OUT_ELSEWHERE, REINSTATED};
use crate::vault::{KeyId, TenantKeys};

/// A code whose matching ID is encrypted for its row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::store) struct SealedCode {
    pub(in crate::store) id: Uuid,
    pub(in crate::store) iccid: String,
    pub(in crate::store) smdp_address: String,
    pub(in crate::store) matching_id: Vec<u8>,
    pub(in crate::store) fingerprint: [u8; 16],
}

/// Codes that are about to be stored in one pool.
#[derive(Debug)]
pub(in crate::store) struct SealedCodes {
    pub(in crate::store) pool: PoolId,
    pub(in crate::store) at: Timestamp,
    /// The position of the first of them.
    pub(in crate::store) first_position: i32,
    /// Whether each ICCID must be the tenant's only one.
    pub(in crate::store) unique: bool,
    pub(in crate::store) key_id: KeyId,
    pub(in crate::store) codes: Vec<SealedCode>,
}

impl SealedCode {
    pub(in crate::store) fn new(
        keys: &TenantKeys,
        pool: PoolId,
        id: CodeId,
        code: &ActivationCode,
    ) -> Self {
        Self {
            id: id.uuid(),
            iccid: code.iccid.as_str().to_owned(),
            smdp_address: code.smdp_address.as_str().to_owned(),
            matching_id: keys.seal(pool, id, &code.matching_id),
            fingerprint: *keys.fingerprint(code).as_bytes(),
        }
    }

    pub(in crate::store) fn all(keys: &TenantKeys, pool: PoolId, codes: &[NewCode]) -> Vec<Self> {
        codes.iter().map(|new| Self::new(keys, pool, new.id, &new.code)).collect()
    }
}

/// The insert of codes of one tenant at their positions. A code that is in the ledger is stored as
/// handed out.
const INSERT: &str = formatcp!("{INTO} code.position {VALUES}");

/// The insert that appends codes to a locked pool and skips those that it has.
const APPEND: &str = formatcp!(
    "{INTO}
       (select code_count from pools where pools.tenant_id = $1 and pools.id = code.pool_id)
         + row_number() over (order by code.position) - 1
     {VALUES}
     where (select true
            from activation_codes as old
            where old.tenant_id = $1 and old.pool_id = code.pool_id
              and old.fingerprint = code.fingerprint and old.iccid = code.iccid) is null"
);

const INTO: &str = "insert into activation_codes
      (tenant_id, pool_id, position, id, iccid, smdp_address, matching_id, key_id, fingerprint,
       unique_iccid, state, state_changed_at)
    select $1, code.pool_id,";

const VALUES: &str = formatcp!(
    ", code.id, code.iccid, code.smdp_address, code.matching_id, code.key_id, code.fingerprint,
       case when code.is_unique then code.iccid end,
       case when (select true
                  from handouts
                  where handouts.tenant_id = $1
                    and handouts.fingerprint = code.fingerprint
                    and handouts.outcome <> {REINSTATED})
         then {HANDED_OUT_ELSEWHERE} else {FREE} end,
       code.at
     from @code"
);

/// Inserts codes of one tenant.
pub(in crate::store) fn insert<'v>(tenant: TenantId, all: &[&'v SealedCodes]) -> Statement<'v> {
    with_codes(INSERT, tenant, all)
}

/// Appends codes to a locked pool, but for those that it has.
pub(in crate::store) fn append(tenant: TenantId, codes: &SealedCodes) -> Statement<'_> {
    with_codes(APPEND, tenant, &[codes])
}

fn with_codes<'v>(text: &'static str, tenant: TenantId, all: &[&'v SealedCodes]) -> Statement<'v> {
    let codes = || all.iter().flat_map(|group| &group.codes);
    let each = || all.iter().flat_map(|group| group.codes.iter().map(|_| *group));
    let positions = all.iter().flat_map(|it| (it.first_position..).take(it.codes.len()));
    Statement::new(text, params![tenant]).with(
        "code",
        [
            ("pool_id", Array::Ids(each().map(|group| group.pool.uuid()).collect())),
            ("position", Array::Ints(positions.collect())),
            ("id", Array::Ids(codes().map(|code| code.id).collect())),
            ("iccid", Array::Texts(codes().map(|code| code.iccid.as_str()).collect())),
            ("smdp_address", Array::Texts(codes().map(|it| it.smdp_address.as_str()).collect())),
            ("matching_id", Array::Blobs(codes().map(|it| it.matching_id.as_slice()).collect())),
            ("key_id", Array::Ints(each().map(|group| group.key_id.0).collect())),
            ("fingerprint", Array::Blobs(codes().map(|it| it.fingerprint.as_slice()).collect())),
            ("is_unique", Array::Bools(each().map(|group| group.unique).collect())),
            ("at", Array::Timestamps(each().map(|group| group.at).collect())),
        ],
    )
}
