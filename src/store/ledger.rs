//! The ledger: which code was handed to which device, and what became of it.

use sqlx::FromRow;
use uuid::Uuid;

use super::StoreError;
use super::statement::{Statement, args};
use super::work::Work;
use crate::domain::{
    CodeState, DeviceKey, DeviceStateId, DeviceStateValue, HandoutId, NewClaim, PoolId, TenantId,
    Timestamp,
};

/// Outcomes that are no device's state.
pub(super) const RELEASED: i32 = 8;
pub(super) const REINSTATED: i32 = 9;

/// Where a code that was handed out lies, and who has it.
#[derive(Clone, Debug, FromRow)]
pub(super) struct Handout {
    pub(super) id: Uuid,
    pub(super) pool_id: Uuid,
    pub(super) code_ord: i32,
    pub(super) code_id: Uuid,
    pub(super) device_state_id: Uuid,
    pub(super) outcome: i16,
}

macro_rules! handout_columns {
    () => {
        "id, pool_id, code_ord, code_id, device_state_id, outcome"
    };
}

/// The code of a pool that a device has now, if it has one.
pub(super) async fn active(
    work: &mut Work<'_>,
    tenant: TenantId,
    pool: PoolId,
    device: &DeviceKey,
) -> Result<Option<Handout>, StoreError> {
    work.row(Statement::new(
        concat!(
            "select ",
            handout_columns!(),
            " from handouts
             where tenant_id = $1 and pool_id = $2 and device = $3 and outcome in (2, 3)"
        ),
        args![tenant, pool, device.as_str()],
    ))
    .await
}

/// The entry of that id.
pub(super) async fn entry(
    work: &mut Work<'_>,
    tenant: TenantId,
    id: HandoutId,
) -> Result<Option<Handout>, StoreError> {
    work.row(Statement::new(
        concat!("select ", handout_columns!(), " from handouts where tenant_id = $1 and id = $2"),
        args![tenant, id],
    ))
    .await
}

/// The entry of a code that is not free.
pub(super) async fn entry_of_code(
    work: &mut Work<'_>,
    tenant: TenantId,
    fingerprint: Vec<u8>,
) -> Result<Option<Handout>, StoreError> {
    work.row(Statement::new(
        concat!(
            "select ",
            handout_columns!(),
            " from handouts where tenant_id = $1 and fingerprint = $2 and outcome <> 9"
        ),
        args![tenant, fingerprint],
    ))
    .await
}

/// A code, as far as the ledger wants to know it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Code<'c> {
    pub(super) fingerprint: &'c [u8],
    pub(super) iccid: &'c str,
    pub(super) id: Uuid,
    pub(super) ord: i32,
}

/// Writes a hand-out down; says whether it could be. It cannot if the code was handed out before,
/// or if the device has another one of the pool.
pub(super) async fn write_down(
    work: &mut Work<'_>,
    tenant: TenantId,
    pool: PoolId,
    code: Code<'_>,
    claim: &NewClaim,
) -> Result<bool, StoreError> {
    let device_state = &claim.device_state;
    let written = work
        .run(Statement::new(
            "insert into handouts
               (tenant_id, id, fingerprint, iccid, pool_id, code_id, code_ord, device_state_id,
                device, handed_out_at, outcome, outcome_at, revision)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $10, 1)
             on conflict do nothing",
            args![
                tenant,
                claim.handout,
                code.fingerprint.to_vec(),
                code.iccid,
                pool,
                code.id,
                code.ord,
                device_state.id,
                claim.device.as_str(),
                device_state.at,
                i32::from(DeviceStateValue::Installing.number()),
            ],
        ))
        .await?;
    Ok(written == 1)
}

/// Says what became of a hand-out.
pub(super) async fn conclude(
    work: &mut Work<'_>,
    tenant: TenantId,
    id: Uuid,
    outcome: i32,
    at: Timestamp,
) -> Result<(), StoreError> {
    work.run(Statement::new(
        "update handouts
         set outcome = $3, outcome_at = $4, revision = revision + 1
         where tenant_id = $1 and id = $2",
        args![tenant, id, outcome, at],
    ))
    .await?;
    Ok(())
}

/// Says what became of a code in its pool, if it is still there.
pub(super) async fn move_code(
    work: &mut Work<'_>,
    tenant: TenantId,
    handout: &Handout,
    state: CodeState,
    at: Timestamp,
) -> Result<(), StoreError> {
    work.run(Statement::new(
        "update activation_codes
         set state = $5, state_changed_at = $6
         where tenant_id = $1 and pool_id = $2 and ord = $3 and id = $4",
        args![
            tenant,
            handout.pool_id,
            handout.code_ord,
            handout.code_id,
            i32::from(state.number()),
            at
        ],
    ))
    .await?;
    Ok(())
}

/// Lets code and ledger follow a device's state. A code that was taken back no longer does, and
/// none becomes free again.
pub(super) async fn follow(
    work: &mut Work<'_>,
    tenant: TenantId,
    handout: Option<Uuid>,
    state: DeviceStateValue,
    at: Timestamp,
) -> Result<(), StoreError> {
    let Some(handout) = handout else { return Ok(()) };
    if state == DeviceStateValue::NotEvaluated {
        return Ok(());
    }
    let Some(handout) = entry(work, tenant, handout.into()).await? else { return Ok(()) };
    let taken_back = [RELEASED, REINSTATED].contains(&i32::from(handout.outcome));
    if taken_back || handout.outcome == state.number() {
        return Ok(());
    }
    conclude(work, tenant, handout.id, state.number().into(), at).await?;
    move_code(work, tenant, &handout, CodeState::HandedOut(state), at).await
}

impl Handout {
    /// The state of the device that has the code.
    pub(super) fn device_state(&self) -> DeviceStateId {
        self.device_state_id.into()
    }
}
