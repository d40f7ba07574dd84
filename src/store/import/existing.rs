//! What the database has of the codes of an import. It is read while they are received, in no
//! transaction: what changes meanwhile, the constraints notice when the codes are stored.

use std::collections::{HashMap, HashSet};

use const_format::formatcp;
use uuid::Uuid;

use super::into::ImportInto;
use super::spool::SpooledCode;
use crate::domain::{PoolId, TenantId};
use crate::store::codes::SealedCode;
use crate::store::db::{Array, Engine, Statement, Unit, params, row};
use crate::store::error::StoreError;
use crate::store::handouts::{FREE, REINSTATED};

/// What has to be looked up at all.
#[derive(Debug)]
pub(super) struct Existing {
    tenant: TenantId,
    /// Whether the tenant's ledger has entries.
    ledger: bool,
    /// Whether the tenant has codes.
    codes: bool,
    /// The pool that the import goes into.
    pool: PoolId,
    /// Whether each ICCID must be the tenant's only one.
    unique: bool,
}

row! {
    /// A stored code that is the same as one of the file: ICCID, address and matching ID.
    #[derive(Debug)]
    struct SameRow {
        iccid: String,
        fingerprint: Vec<u8>,
        pool_id: Uuid,
        free: bool,
        bound_eid: Option<String>,
    }
}

/// What the database has of some codes.
#[derive(Debug, Default)]
pub(super) struct Matches {
    /// The pool that the import goes into.
    pool: Option<PoolId>,
    unique: bool,
    handed_out: HashSet<Vec<u8>>,
    same: HashMap<(String, Vec<u8>), Vec<SameRow>>,
    iccids: HashSet<String>,
}

/// What a code of the file is to the codes that are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It can be stored.
    New,
    /// That pool has it.
    Known(PoolId),
    /// A pool has it, and the file says something else of it.
    KnownOtherwise,
    /// Another pool has it for one device.
    BoundElsewhere,
    /// It was handed out, and is in no pool.
    HandedOut,
    /// Another code has its ICCID, which must be unique.
    IccidExists,
}

impl Existing {
    pub(super) async fn new(
        engine: &Engine,
        tenant: TenantId,
        into: &ImportInto,
        unique: bool,
    ) -> Result<Self, StoreError> {
        let any = async |text: &'static str| {
            let unit = Unit::of("look up codes of an import", tenant.uuid());
            let found: Option<(i32,)> =
                engine.read_one(unit, Statement::new(text, params![tenant])).await?;
            Ok::<_, StoreError>(found.is_some())
        };
        let ledger = any("select 1 as one from handouts where tenant_id = $1 limit 1").await?;
        let codes =
            any("select 1 as one from activation_codes where tenant_id = $1 limit 1").await?;
        Ok(Self { tenant, ledger, codes, pool: into.pool(), unique })
    }

    pub(super) async fn look_up(
        &self,
        engine: &Engine,
        codes: &[SpooledCode],
    ) -> Result<Matches, StoreError> {
        const HANDED_OUT: &str = formatcp!(
            "select fingerprint
             from handouts
             where tenant_id = $1 and outcome <> {REINSTATED}
               and fingerprint in (select value from @given)"
        );
        const SAME: &str = formatcp!(
            "select iccid, fingerprint, pool_id, state = {FREE} as free, bound_eid
             from @given
             join activation_codes as code on @likely(code.tenant_id = $1)
               and code.iccid = given_iccid and code.fingerprint = given_fingerprint"
        );
        const ICCIDS: &str = "select unique_iccid
            from activation_codes
            where tenant_id = $1 and unique_iccid in (select value from @given)";

        let tenant = self.tenant;
        let unit = Unit::of("look up codes of an import", tenant.uuid());
        let mut matches =
            Matches { pool: Some(self.pool), unique: self.unique, ..Matches::default() };
        if codes.is_empty() {
            return Ok(matches);
        }
        let iccids = || Array::Texts(iccids(codes).collect());
        let fingerprints =
            || Array::Blobs(codes.iter().map(|it| it.code.fingerprint.as_slice()).collect());
        if self.ledger {
            let given = [("value", fingerprints())];
            let find = Statement::new(HANDED_OUT, params![tenant]).with("given", given);
            let found: Vec<(Vec<u8>,)> = engine.read(unit, find).await?;
            matches.handed_out = found.into_iter().map(|(fingerprint,)| fingerprint).collect();
        }
        if !self.codes || !self.any_between(engine, unit, codes).await? {
            return Ok(matches);
        }
        let given = [("given_iccid", iccids()), ("given_fingerprint", fingerprints())];
        let find = Statement::new(SAME, params![tenant]).with("given", given);
        let found: Vec<SameRow> = engine.read(unit, find).await?;
        for row in found {
            let key = (row.iccid.clone(), row.fingerprint.clone());
            matches.same.entry(key).or_default().push(row);
        }
        if self.unique {
            let find = Statement::new(ICCIDS, params![tenant]).with("given", [("value", iccids())]);
            let found: Vec<(String,)> = engine.read(unit, find).await?;
            matches.iccids = found.into_iter().map(|(iccid,)| iccid).collect();
        }
        Ok(matches)
    }

    /// Whether the tenant has any ICCID between the least and the greatest of these. Carriers assign
    /// them in sequence, so that one look-up answers for thousands.
    async fn any_between(
        &self,
        engine: &Engine,
        unit: Unit,
        codes: &[SpooledCode],
    ) -> Result<bool, StoreError> {
        let (Some(least), Some(greatest)) = (iccids(codes).min(), iccids(codes).max()) else {
            return Ok(false);
        };
        let any = Statement::new(
            "select 1 as one
             from activation_codes
             where tenant_id = $1 and iccid >= $2 and iccid <= $3
             limit 1",
            params![self.tenant, least, greatest],
        );
        Ok(engine.read_one::<(i32,)>(unit, any).await?.is_some())
    }
}

impl Matches {
    /// Whether the code is in the ledger.
    pub(super) fn handed_out(&self, code: &SpooledCode) -> bool {
        self.handed_out.contains(&code.code.fingerprint[..])
    }

    /// What the code is to those that are stored. A code that was sent again is known, whatever has
    /// become of it since.
    pub(super) fn standing(&self, spooled: &SpooledCode) -> Standing {
        let code = &spooled.code;
        let handed_out = self.handed_out(spooled);
        let key = (code.iccid.clone(), code.fingerprint.to_vec());
        let same = self.same.get(&key).map_or(&[][..], Vec::as_slice);
        let here = same.iter().find(|row| Some(row.pool_id.into()) == self.pool);
        if let Some(here) = here {
            return here.standing(code, handed_out);
        }
        let first = same.iter().min_by_key(|row| row.pool_id);
        match first {
            Some(first) if self.unique || handed_out => first.standing(code, handed_out),
            // Where ICCIDs are not unique, several pools may have the same free code.
            Some(_) if code.used().is_none() => {
                let bound = code.bound_eid();
                match same.iter().all(|row| row.bound_eid.as_deref() == bound) {
                    true => Standing::New,
                    false if bound.is_some() => Standing::KnownOtherwise,
                    false => Standing::BoundElsewhere,
                }
            }
            _ if handed_out => Standing::HandedOut,
            _ if self.iccids.contains(&code.iccid) => Standing::IccidExists,
            _ => Standing::New,
        }
    }
}

impl SameRow {
    /// What the same code of a file is to this one.
    fn standing(&self, code: &SealedCode, handed_out: bool) -> Standing {
        let free = self.free && !handed_out;
        let bound_otherwise =
            code.bound_eid().is_some_and(|eid| self.bound_eid.as_deref() != Some(eid));
        if free && (code.used().is_some() || bound_otherwise) {
            Standing::KnownOtherwise
        } else {
            Standing::Known(self.pool_id.into())
        }
    }
}

fn iccids(codes: &[SpooledCode]) -> impl Iterator<Item = &str> {
    codes.iter().map(|spooled| spooled.code.iccid.as_str())
}
