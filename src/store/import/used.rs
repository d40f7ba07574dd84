//! Codes of a file that are used: their hand-outs and device states.

use crate::domain::{PoolId, PriorHandout, TenantId, Timestamp};
use crate::store::codes::SealedCodes;
use crate::store::db::{Bind, BoundStatement, Dialect, Transaction};
use crate::store::device_states::{self, NewRow};
use crate::store::error::StoreError;
use crate::store::handouts::{self, LedgerCode, LeftTwins, Original, PriorRow};

/// The statements that enter used codes into the ledger.
pub(super) struct UsedRows {
    tenant: TenantId,
    pool: PoolId,
    at: Timestamp,
    /// The positions of the codes, and their fingerprints.
    codes: Vec<(i32, [u8; 16])>,
    /// With the devices as the file names them. A device may have two codes of a pool, of which the
    /// ledger takes one.
    handouts: BoundStatement,
    /// Those that are left, each under a name of its own.
    others: BoundStatement,
    device_states: BoundStatement,
}

impl UsedRows {
    pub(super) fn of(
        tenant: TenantId,
        codes: &SealedCodes,
        dialect: Dialect,
    ) -> Result<Option<Self>, StoreError> {
        let used = (codes.first_position..).zip(&codes.codes).filter_map(|(position, code)| {
            let handout = code.used()?.handout(codes.at);
            let fingerprint = &code.fingerprint[..];
            Some((LedgerCode { fingerprint, iccid: &code.iccid, id: code.id, position }, handout))
        });
        let used: Vec<(LedgerCode<'_>, PriorHandout)> = used.collect();
        let positioned = (codes.first_position..).zip(&codes.codes);
        let originals = positioned.filter(|(_, code)| code.used().is_some());
        if used.is_empty() {
            return Ok(None);
        }
        let rows =
            used.iter().map(|(code, handout)| PriorRow { pool: codes.pool, code: *code, handout });
        let rows: Vec<_> = rows.collect();
        let states = used.iter().map(|(_, handout)| NewRow {
            pool: codes.pool,
            new: &handout.device_state,
            handout: Some(handout.handout.uuid()),
        });
        let states: Vec<_> = states.collect();
        let texts = device_states::folded(states.iter().map(|row| &row.new.details));
        Ok(Some(Self {
            tenant,
            pool: codes.pool,
            at: codes.at,
            codes: originals.map(|(position, code)| (position, code.fingerprint)).collect(),
            handouts: handouts::insert_prior(tenant, &rows).bind(dialect)?,
            others: handouts::insert_other_prior(tenant, &rows).bind(dialect)?,
            device_states: device_states::insert(tenant, &states, &texts).bind(dialect)?,
        }))
    }

    pub(super) async fn store(
        self,
        transaction: &mut Transaction<'_>,
        left: &LeftTwins,
    ) -> Result<(), StoreError> {
        let count = self.codes.len() as u64;
        let mut stored = transaction.execute(self.handouts).await?;
        if stored < count {
            stored += transaction.execute(self.others).await?;
        }
        if stored < count {
            let cause = "a code was handed out while the file was received".to_owned();
            return Err(StoreError::Unavailable(cause));
        }
        transaction.execute(self.device_states).await?;
        let (pool, at) = (self.pool.uuid(), self.at);
        let originals = self.codes.iter().map(|(position, fingerprint)| Original {
            pool,
            position: *position,
            fingerprint,
            at,
        });
        let originals: Vec<_> = originals.collect();
        handouts::mark_twins(transaction, self.tenant, &originals, left).await
    }
}
