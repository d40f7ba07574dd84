//! Taking back a claim that is not installed.

use super::holders::{self, Holder};
use super::ledger::{self, Handout};
use super::named_code;
use super::outcome::HandoutOutcome;
use crate::auth::{Permit, Write};
use crate::domain::{
    Activity, AuditDraft, ChangeContext, CodeState, DeviceIdentity, DeviceState, DeviceStateId,
    DeviceStateValue, PoolId, Release, SoughtIccid, TenantId, Timestamp, TransitionOutcome,
};
use crate::store::db::Transaction;
use crate::store::device_states::{self, DeviceStateReplay};
use crate::store::entity::EntityKey;
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::store::write::{Idempotent, WriteOutcome, read_replay, write_replay};

const INSTALLING: HandoutOutcome = HandoutOutcome::Device(DeviceStateValue::Installing);

impl Store {
    /// Takes back a claim that is still installing. Its code is quarantined, since the device knows
    /// the secret.
    pub async fn release(
        &self,
        permit: &Permit<Write>,
        pool: PoolId,
        which: Release,
        context: ChangeContext,
    ) -> Result<TransitionOutcome<DeviceState>, StoreError> {
        let tenant = permit.tenant();
        let released = self.write("release", permit, context, move |transaction| {
            Box::pin(async move { release(transaction, tenant, pool, &which, context.at).await })
        });
        match released.await? {
            Idempotent::Fresh(outcome) => Ok(outcome),
            Idempotent::Replayed(replay) => {
                let replay: DeviceStateReplay = read_replay(&replay)?;
                Ok(TransitionOutcome::Done(replay.into()))
            }
        }
    }
}

async fn release(
    transaction: &mut Transaction<'_>,
    tenant: TenantId,
    pool: PoolId,
    which: &Release,
    at: Timestamp,
) -> Result<WriteOutcome<TransitionOutcome<DeviceState>>, StoreError> {
    let found = match which {
        Release::Of(id) => TransitionOutcome::Done(*id),
        Release::Iccid(iccid) => of_iccid(transaction, tenant, pool, iccid).await?,
        Release::Device(device) => of_device(transaction, tenant, pool, device).await?,
    };
    let TransitionOutcome::Done(id) = found else {
        return Ok(WriteOutcome::Unchanged(found.map(|_| unreachable!("it is not done"))));
    };
    let locked = device_states::lock(transaction, tenant, EntityKey { pool, id }).await?;
    let Some((state, handout)) = locked else {
        return Ok(WriteOutcome::Unchanged(TransitionOutcome::NotFound));
    };
    let handout = match handout {
        Some(handout) => ledger::by_id(transaction, tenant, handout.into()).await?,
        None => None,
    };
    let Some(handout) = handout else {
        return Ok(WriteOutcome::Unchanged(TransitionOutcome::NoClaim));
    };
    if handout.outcome() != Some(INSTALLING) {
        let state = handout.outcome().map_or(CodeState::Free, HandoutOutcome::of_code);
        return Ok(WriteOutcome::Unchanged(TransitionOutcome::StateConflict(state)));
    }
    ledger::set_outcome(transaction, tenant, handout.id, HandoutOutcome::Released, at).await?;
    let quarantined = CodeState::Quarantined;
    ledger::set_code_state(transaction, tenant, handout.code(), quarantined, at).await?;
    let mut details = state.details.clone();
    details.state = DeviceStateValue::Deleted;
    let released = state.changed(details, at);
    let texts = device_states::folded([&released.details]);
    transaction.execute(device_states::update(tenant, &[(pool, &released)], &texts)).await?;
    let audit = audit(pool, &handout, &released);
    let replay = write_replay(&DeviceStateReplay::from(&released));
    Ok(WriteOutcome::Changed { value: TransitionOutcome::Done(released), audit, replay })
}

/// The device state that holds the code of an ICCID. Takes no lock: every transaction that changes a
/// device state locks that before its code.
async fn of_iccid(
    transaction: &mut Transaction<'_>,
    tenant: TenantId,
    pool: PoolId,
    iccid: &SoughtIccid,
) -> Result<TransitionOutcome<DeviceStateId>, StoreError> {
    let state = CodeState::HandedOut(DeviceStateValue::Installing);
    let Some(code) = named_code::find(transaction, tenant, pool, iccid, state).await? else {
        return Ok(TransitionOutcome::NotFound);
    };
    let stored_as = code.state().unwrap_or(CodeState::Quarantined);
    let handout = ledger::of_code(transaction, tenant, code.fingerprint).await?;
    Ok(match handout {
        Some(it) if it.code_id == code.id && it.outcome() == Some(INSTALLING) => {
            TransitionOutcome::Done(it.device_state())
        }
        Some(it) if it.code_id != code.id => {
            TransitionOutcome::StateConflict(CodeState::HandedOutElsewhere)
        }
        Some(_) | None => TransitionOutcome::StateConflict(stored_as),
    })
}

/// The device state of a device that holds a code of the pool. Takes no lock, as above.
async fn of_device(
    transaction: &mut Transaction<'_>,
    tenant: TenantId,
    pool: PoolId,
    device: &DeviceIdentity,
) -> Result<TransitionOutcome<DeviceStateId>, StoreError> {
    Ok(match holders::holder(transaction, tenant, pool, device).await? {
        Holder::NoDevice => TransitionOutcome::NoSuchDevice,
        Holder::Ambiguous => TransitionOutcome::AmbiguousName,
        Holder::Device(handout) => TransitionOutcome::Done(handout.device_state()),
    })
}

fn audit(pool: PoolId, handout: &Handout, released: &DeviceState) -> AuditDraft {
    let name = |state: CodeState| Some(state.name().to_owned());
    let (old, new) = (CodeState::HandedOut(DeviceStateValue::Installing), CodeState::Quarantined);
    AuditDraft::new(Activity::Release)
        .on("embeddedSIMActivationCodePool", pool.uuid(), None)
        .on("embeddedSIMActivationCode", handout.code_id, Some(&handout.iccid))
        .with("state", name(old), name(new))
        .on("embeddedSIMDeviceState", released.id.uuid(), released.details.device_name.as_deref())
}
