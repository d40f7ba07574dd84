//! What the database has of the codes of an import. It is read while they are received, in no
//! transaction: what changes meanwhile, the constraints notice when the codes are stored.

use std::collections::{HashMap, HashSet};

use const_format::formatcp;

use super::into::ImportInto;
use super::spool::SpooledCode;
use crate::domain::{PoolId, TenantId};
use crate::store::db::{Array, Engine, Statement, Unit, params, row};
use crate::store::error::StoreError;
use crate::store::handouts::{FREE, REINSTATED};

/// What has to be looked up at all.
#[derive(Debug)]
pub(super) struct Existing {
    tenant: TenantId,
    /// Whether the tenant's ledger has entries.
    ledger: bool,
    /// The pool, unless it is new.
    pool: Option<PoolId>,
    /// Whether each ICCID must be the tenant's only one, and the tenant has some.
    unique: bool,
}

row! {
    struct PooledRow {
        iccid: String,
        fingerprint: Vec<u8>,
        free: bool,
        bound_eid: Option<String>,
    }
}

/// What the database has of some codes.
#[derive(Debug, Default)]
pub(super) struct Matches {
    handed_out: HashSet<Vec<u8>>,
    /// Whether a code is free, and the EID that it is bound to.
    in_pool: HashMap<(String, Vec<u8>), (bool, Option<String>)>,
    iccids: HashSet<String>,
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
        let unique = unique
            && any("select 1 as one
                    from activation_codes
                    where tenant_id = $1 and unique_iccid is not null
                    limit 1")
            .await?;
        let pool = match into {
            ImportInto::New(_) => None,
            ImportInto::Existing(pool) => Some(*pool),
        };
        Ok(Self { tenant, ledger, pool, unique })
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
        const IN_POOL: &str = formatcp!(
            "select iccid, fingerprint, state = {FREE} as free, bound_eid
             from activation_codes
             where tenant_id = $1 and pool_id = $2 and iccid in (select value from @given)"
        );
        const ICCIDS: &str = "select unique_iccid
            from activation_codes
            where tenant_id = $1 and unique_iccid in (select value from @given)";

        let tenant = self.tenant;
        let unit = Unit::of("look up codes of an import", tenant.uuid());
        let mut matches = Matches::default();
        if codes.is_empty() {
            return Ok(matches);
        }
        let iccids = || [("value", Array::Texts(iccids(codes).collect()))];
        if self.ledger {
            let fingerprints = codes.iter().map(|it| it.code.fingerprint.as_slice());
            let given = [("value", Array::Blobs(fingerprints.collect()))];
            let find = Statement::new(HANDED_OUT, params![tenant]).with("given", given);
            let found: Vec<(Vec<u8>,)> = engine.read(unit, find).await?;
            matches.handed_out = found.into_iter().map(|(fingerprint,)| fingerprint).collect();
        }
        if let Some(pool) = self.pool {
            let find = Statement::new(IN_POOL, params![tenant, pool]).with("given", iccids());
            let found: Vec<PooledRow> = engine.read(unit, find).await?;
            let known = |row: PooledRow| ((row.iccid, row.fingerprint), (row.free, row.bound_eid));
            matches.in_pool = found.into_iter().map(known).collect();
        }
        if self.unique && self.any_between(engine, unit, codes).await? {
            let find = Statement::new(ICCIDS, params![tenant]).with("given", iccids());
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
             where tenant_id = $1 and unique_iccid >= $2 and unique_iccid <= $3
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

    /// Whether the pool has the code as the file has it; `None` if it does not have it.
    pub(super) fn in_pool(&self, SpooledCode { code, .. }: &SpooledCode) -> Option<bool> {
        if self.in_pool.is_empty() {
            return None;
        }
        let key = (code.iccid.clone(), code.fingerprint.to_vec());
        let (free, bound) = self.in_pool.get(&key)?;
        let bound_otherwise = code.bound_eid().is_some_and(|eid| bound.as_deref() != Some(eid));
        Some(!*free || (code.used().is_none() && !bound_otherwise))
    }

    /// Whether the tenant has another code with this ICCID, which must be unique.
    pub(super) fn iccid_exists(&self, code: &SpooledCode) -> bool {
        self.iccids.contains(&code.code.iccid)
    }
}

fn iccids(codes: &[SpooledCode]) -> impl Iterator<Item = &str> {
    codes.iter().map(|spooled| spooled.code.iccid.as_str())
}
