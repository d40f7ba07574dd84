//! A claim, whichever way it is executed.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::free_codes::{CodeRow, FreeCodes};
use super::ledger::{LedgerCode, NewHandout};
use super::outcome::{FREE, INSTALLING};
use super::twins::{LeftTwins, Original};
use crate::domain::{
    Activity, AuditDraft, ClaimOutcome, Claimed, DeviceState, NewClaim, PoolId, TenantId, Timestamp,
};
use crate::store::device_states::DeviceStateReplay;
use crate::store::error::StoreError;
use crate::store::stock_entries::{CountedCode, StockChanges};
use crate::store::write::{WriteOutcome, write_replay};
use crate::vault::TenantKeys;

/// A claim that is being executed.
#[derive(Debug)]
pub(super) struct Claim {
    pub(super) tenant: TenantId,
    pub(super) pool: PoolId,
    pub(super) keys: Arc<TenantKeys>,
    pub(super) new: Arc<NewClaim>,
    pub(super) at: Timestamp,
    pub(super) left: LeftTwins,
}

/// The result of a claim, and the position of the code that was taken, if one was.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) outcome: ClaimOutcome,
    pub(super) position: Option<i32>,
}

/// What the answer to a repeated claim is made of again.
#[derive(Deserialize, Serialize)]
pub(super) struct ClaimReplay {
    pub(super) position: i32,
    pub(super) code: Uuid,
    pub(super) device_state: DeviceStateReplay,
    pub(super) again: bool,
}

impl Claim {
    pub(super) fn codes(&self) -> FreeCodes {
        FreeCodes { tenant: self.tenant, pool: self.pool }
    }

    pub(super) fn handout<'c>(&'c self, code: &'c CodeRow) -> NewHandout<'c> {
        let CodeRow { fingerprint, iccid, id, position, .. } = code;
        let code = LedgerCode { fingerprint, iccid, id: *id, position: *position };
        NewHandout { pool: self.pool, code, claim: &self.new }
    }

    /// A code that is taken, as its twins see it.
    pub(super) fn original<'c>(&self, code: &'c CodeRow) -> Original<'c> {
        let CodeRow { position, fingerprint, .. } = code;
        Original { pool: self.pool.uuid(), position: *position, fingerprint, at: self.at }
    }

    /// The change of a code that is taken in the counts of its pool.
    pub(super) fn count(&self, stock: &mut StockChanges, code: &CodeRow) {
        let (pool, bound) = (self.pool.uuid(), code.bound_eid.is_some());
        let code = CountedCode { pool, address: &code.smdp_address, bound };
        stock.moved(code, [FREE, INSTALLING], self.at);
    }

    /// The outcome of a claim whose device has a code: `activity` tells whether it is a new one.
    pub(super) fn claimed(
        &self,
        row: &CodeRow,
        device_state: DeviceState,
        activity: Activity,
    ) -> Result<WriteOutcome<Taken>, StoreError> {
        let again = activity == Activity::ClaimAgain;
        let replay = ClaimReplay {
            position: row.position,
            code: row.id,
            device_state: DeviceStateReplay::from(&device_state),
            again,
        };
        let audit = AuditDraft::new(activity)
            .on("embeddedSIMActivationCodePool", self.pool.uuid(), None)
            .on("embeddedSIMActivationCode", row.id, Some(&row.iccid))
            .on(
                "embeddedSIMDeviceState",
                device_state.id.uuid(),
                device_state.details.device_name.as_deref(),
            );
        let code = row.open(self.pool, &self.keys)?;
        let outcome = ClaimOutcome::Claimed(Box::new(Claimed { code, device_state, again }));
        // Where a bound code is tells nothing of where the next free one is.
        let next = !again && row.bound_eid.is_none();
        let value = Taken { outcome, position: next.then_some(row.position) };
        Ok(WriteOutcome::Changed { value, audit, replay: write_replay(&replay) })
    }
}
