//! Activation codes as they are stored: secrets sealed, and all of a statement's codes together.

use uuid::Uuid;

use super::arguments::Values;
use super::sql::Sql;
use crate::domain::{ActivationCode, CodeId, NewCode, PoolId, TenantId, Timestamp};
use crate::vault::{KeyId, TenantKeys};

/// A code, its secret sealed for its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SealedCode {
    pub(super) id: Uuid,
    pub(super) iccid: String,
    pub(super) address: String,
    pub(super) matching_id: Vec<u8>,
    pub(super) fingerprint: [u8; 16],
}

/// Codes on their way into one pool.
#[derive(Debug)]
pub(super) struct SealedCodes {
    pub(super) pool: PoolId,
    pub(super) at: Timestamp,
    /// The place of the first of them.
    pub(super) begin: i32,
    /// Whether each ICCID must be the tenant's only one.
    pub(super) unique: bool,
    pub(super) key_id: KeyId,
    pub(super) codes: Vec<SealedCode>,
}

impl SealedCode {
    /// The code, sealed for its row.
    pub(super) fn of(keys: &TenantKeys, pool: PoolId, id: CodeId, code: &ActivationCode) -> Self {
        Self {
            id: id.uuid(),
            iccid: code.iccid.as_str().to_owned(),
            address: code.smdp_address.as_str().to_owned(),
            matching_id: keys.seal(pool, id, &code.matching_id),
            fingerprint: *keys.fingerprint(code).as_bytes(),
        }
    }

    pub(super) fn seal(keys: &TenantKeys, pool: PoolId, codes: &[NewCode]) -> Vec<Self> {
        codes.iter().map(|new| Self::of(keys, pool, new.id, &new.code)).collect()
    }
}

/// Writes the insert of codes, each at the place that `place` says. A code that the ledger knows is
/// not free from the beginning.
pub(super) fn insert(
    sql: &mut Sql,
    tenant: TenantId,
    all: &[&SealedCodes],
    place: &str,
    condition: &str,
) {
    sql.push(
        "insert into activation_codes
           (tenant_id, pool_id, ord, id, iccid, smdp_address, matching_id, key_id, fingerprint,
            unique_iccid, state, state_changed_at)
         select ",
    );
    sql.arg(tenant).push(", code.pool_id, ").push(place);
    sql.push(
        ", code.id, code.iccid, code.smdp_address, code.matching_id, code.key_id,
            code.fingerprint, case when code.single then code.iccid end,
            case when (
              select true from handouts
              where handouts.tenant_id = ",
    );
    // A value, as in `ledger::known`.
    sql.arg(tenant).push(
        " and handouts.fingerprint = code.fingerprint
                and handouts.outcome <> 9) then 9 else 0 end,
            code.at
         from ",
    );
    let each = || all.iter().flat_map(|group| group.codes.iter().map(move |code| (*group, code)));
    let places = all.iter().flat_map(|group| (group.begin..).take(group.codes.len()));
    sql.relation(
        "code",
        &[
            ("pool_id", Values::Ids(each().map(|(group, _)| group.pool.uuid()).collect())),
            ("place", Values::Ints(places.collect())),
            ("id", Values::Ids(each().map(|(_, code)| code.id).collect())),
            ("iccid", Values::Texts(each().map(|(_, code)| code.iccid.as_str()).collect())),
            (
                "smdp_address",
                Values::Texts(each().map(|(_, code)| code.address.as_str()).collect()),
            ),
            (
                "matching_id",
                Values::Blobs(each().map(|(_, code)| code.matching_id.as_slice()).collect()),
            ),
            ("key_id", Values::Ints(each().map(|(group, _)| group.key_id.0).collect())),
            (
                "fingerprint",
                Values::Blobs(each().map(|(_, code)| code.fingerprint.as_slice()).collect()),
            ),
            ("single", Values::Bools(each().map(|(group, _)| group.unique).collect())),
            ("at", Values::Moments(each().map(|(group, _)| group.at).collect())),
        ],
    );
    sql.push(condition);
}
