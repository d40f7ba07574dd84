//! Codes that are about to be stored, their secrets encrypted.

use const_format::formatcp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::{
    ActivationCode, CodeId, ConfirmationCode, DeviceStateId, DeviceStateValue, HandoutId,
    IdGenerator, ImportId, ImportedCode, MatchingId, NewCode, PoolId, PriorHandout, PriorUse,
    TenantId, Timestamp,
};
use crate::store::db::{Array, Statement, params};
use crate::store::error::StoreError;
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
    /// What most codes do not have.
    pub(in crate::store) facts: Option<Box<CodeFacts>>,
}

/// What is known of some codes beside their three fields. The confirmation code is encrypted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub(in crate::store) struct CodeFacts {
    pub(in crate::store) tail: Option<String>,
    pub(in crate::store) confirmation_code: Option<Vec<u8>>,
    pub(in crate::store) bound_eid: Option<String>,
    pub(in crate::store) label: Option<String>,
    pub(in crate::store) used: Option<UsedFacts>,
}

/// By whom a code was used before it was imported.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(in crate::store) struct UsedFacts {
    pub(in crate::store) handout: Uuid,
    pub(in crate::store) device_state: Uuid,
    state: i16,
    device_name: Option<String>,
    eid: Option<String>,
    user_name: Option<String>,
    at: Option<i64>,
}

impl UsedFacts {
    pub(in crate::store) fn new(used: PriorUse, ids: &IdGenerator) -> Self {
        let (handout, device_state): (HandoutId, DeviceStateId) = (ids.next(), ids.next());
        Self {
            handout: handout.uuid(),
            device_state: device_state.uuid(),
            state: used.state.number(),
            device_name: used.device_name,
            eid: used.eid,
            user_name: used.user_name,
            at: used.at.map(Timestamp::micros),
        }
    }

    /// When the code was handed out: not after it was imported.
    pub(in crate::store) fn at(&self, now: Timestamp) -> Timestamp {
        self.at.map_or(now, |at| Timestamp::from_micros(at).min(now))
    }

    /// The hand-out that is entered at the time `now`.
    pub(in crate::store) fn handout(&self, now: Timestamp) -> PriorHandout {
        let used = PriorUse {
            state: DeviceStateValue::numbered(self.state).unwrap_or(DeviceStateValue::Installed),
            device_name: self.device_name.clone(),
            eid: self.eid.clone(),
            user_name: self.user_name.clone(),
            at: Some(self.at(now)),
        };
        used.into_handout(self.handout.into(), self.device_state.into(), now)
    }
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
    /// The import that brings them, if one does.
    pub(in crate::store) import: Option<ImportId>,
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
            facts: None,
        }
    }

    /// A code of a file, with what the file says of it.
    pub(in crate::store) fn imported(
        keys: &TenantKeys,
        pool: PoolId,
        ids: &IdGenerator,
        imported: ImportedCode,
    ) -> Self {
        let id: CodeId = ids.next();
        let ImportedCode { code, bound_eid, used, label } = imported;
        let sealed = Self::new(keys, pool, id, &code);
        let secret = code.confirmation_code.as_ref();
        let facts = CodeFacts {
            tail: Some(code.tail).filter(|tail| !tail.is_empty()),
            confirmation_code: secret.map(|secret| keys.seal_confirmation(pool, id, secret)),
            bound_eid,
            label,
            used: used.map(|used| UsedFacts::new(used, ids)),
        };
        let facts = (facts != CodeFacts::default()).then(|| Box::new(facts));
        Self { facts, ..sealed }
    }

    pub(in crate::store) fn used(&self) -> Option<&UsedFacts> {
        self.facts.as_ref()?.used.as_ref()
    }

    pub(in crate::store) fn bound_eid(&self) -> Option<&str> {
        self.facts.as_ref()?.bound_eid.as_deref()
    }

    /// What tells the same code apart whose use is told otherwise: its state and its device.
    pub(in crate::store) fn holder(&self) -> Option<(i16, Option<&str>, Option<&str>)> {
        let facts = self.facts.as_ref()?;
        match &facts.used {
            Some(used) => Some((used.state, used.eid.as_deref(), used.device_name.as_deref())),
            None => facts.bound_eid.as_deref().map(|eid| (0, Some(eid), None)),
        }
    }

    pub(in crate::store) fn all(keys: &TenantKeys, pool: PoolId, codes: &[NewCode]) -> Vec<Self> {
        codes.iter().map(|new| Self::new(keys, pool, new.id, &new.code)).collect()
    }
}

/// The secrets of a stored code.
pub(in crate::store) struct SealedSecrets<'s> {
    pub(in crate::store) key: KeyId,
    pub(in crate::store) matching_id: &'s [u8],
    pub(in crate::store) confirmation_code: Option<&'s [u8]>,
}

impl SealedSecrets<'_> {
    pub(in crate::store) fn open(
        &self,
        pool: PoolId,
        code: CodeId,
        keys: &TenantKeys,
    ) -> Result<(MatchingId, Option<ConfirmationCode>), StoreError> {
        let matching_id = keys.open(self.key, pool, code, self.matching_id)?;
        let open = |sealed| keys.open_confirmation(self.key, pool, code, sealed);
        Ok((matching_id, self.confirmation_code.map(open).transpose()?))
    }
}

/// The insert of codes of one tenant at their positions. A code that is in the ledger is stored as
/// handed out.
const INSERT: &str = formatcp!("{INTO} code.position {VALUES}");

/// The insert that appends codes to a locked pool and skips those that it has. The last position does
/// not depend on the code, so that it is read once: the rows that the insert adds would be read too.
const APPEND: &str = formatcp!(
    "{INTO}
       coalesce((select last.position + 1
                 from activation_codes as last
                 where last.tenant_id = $1 and last.pool_id = $2
                 order by last.position desc
                 limit 1), 0)
         + row_number() over (order by code.position) - 1
     {VALUES}
     where (select true
            from activation_codes as old
            where old.tenant_id = $1 and old.pool_id = code.pool_id
              and old.fingerprint = code.fingerprint and old.iccid = code.iccid) is null"
);

const INTO: &str = "insert into activation_codes
      (tenant_id, pool_id, position, id, iccid, smdp_address, matching_id, key_id, fingerprint,
       unique_iccid, state, state_changed_at, code_tail, confirmation_code, bound_eid, label,
       import_id)
    select @tenant, code.pool_id,";

const VALUES: &str = formatcp!(
    ", code.id, code.iccid, code.smdp_address, code.matching_id, code.key_id, code.fingerprint,
       case when code.is_unique then code.iccid end,
       {STATE}, code.at, code.code_tail, code.confirmation_code, code.bound_eid, code.label,
       code.import_id
     from @code"
);

const STATE: &str = formatcp!("coalesce(code.used_state, {LEDGER_STATE})");
/// The state of a code whose use no file has told.
pub(super) const LEDGER_STATE: &str = formatcp!(
    "case when (select true
                from handouts
                where handouts.tenant_id = $1
                  and handouts.fingerprint = code.fingerprint
                  and handouts.outcome <> {REINSTATED})
       then {HANDED_OUT_ELSEWHERE} else {FREE} end"
);

/// Inserts codes of one tenant.
pub(in crate::store) fn insert<'v>(tenant: TenantId, all: &[&'v SealedCodes]) -> Statement<'v> {
    with_codes(Statement::new(INSERT, params![tenant]), all)
}

/// Appends codes to a locked pool, but for those that it has.
pub(in crate::store) fn append(tenant: TenantId, codes: &SealedCodes) -> Statement<'_> {
    with_codes(Statement::new(APPEND, params![tenant, codes.pool.uuid()]), &[codes])
}

fn with_codes<'v>(statement: Statement<'v>, all: &[&'v SealedCodes]) -> Statement<'v> {
    let codes = || all.iter().flat_map(|group| &group.codes);
    let each = || all.iter().flat_map(|group| group.codes.iter().map(|_| *group));
    let facts = || codes().map(|code| code.facts.as_deref());
    let used = |code: &SealedCode| code.used().map(|used| i32::from(used.state));
    let at = |(group, code): (&SealedCodes, &SealedCode)| {
        code.used().map_or(group.at, |used| used.at(group.at))
    };
    let positions = all.iter().flat_map(|it| (it.first_position..).take(it.codes.len()));
    statement.with(
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
            ("at", Array::Timestamps(each().zip(codes()).map(at).collect())),
            ("used_state", Array::OptionalInts(codes().map(used).collect())),
            ("code_tail", Array::OptionalTexts(facts().map(|it| it?.tail.as_deref()).collect())),
            (
                "confirmation_code",
                Array::OptionalBlobs(facts().map(|it| it?.confirmation_code.as_deref()).collect()),
            ),
            (
                "bound_eid",
                Array::OptionalTexts(facts().map(|it| it?.bound_eid.as_deref()).collect()),
            ),
            ("label", Array::OptionalTexts(facts().map(|it| it?.label.as_deref()).collect())),
            (
                "import_id",
                Array::OptionalIds(each().map(|group| group.import.map(ImportId::uuid)).collect()),
            ),
        ],
    )
}
