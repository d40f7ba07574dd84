//! What the audit log says of a device state.

use crate::domain::{Activity, AuditDraft, DeviceDetails, DeviceState, PoolId};

pub(super) fn audit(activity: Activity, pool: PoolId, state: &DeviceState) -> AuditDraft {
    let name = state.details.device_name.as_deref();
    AuditDraft::new(activity).on("embeddedSIMActivationCodePool", pool.uuid(), None).on(
        "embeddedSIMDeviceState",
        state.id.uuid(),
        name,
    )
}

/// An entry about a change, property by property.
pub(super) fn audit_of_change(pool: PoolId, old: &DeviceState, new: &DeviceState) -> AuditDraft {
    let draft = audit(Activity::UpdateDeviceState, pool, new);
    let (old, new) = (&old.details, &new.details);
    let state = |details: &DeviceDetails| Some(details.state.name().to_owned());
    let synced = |details: &DeviceDetails| details.last_sync_at.map(|at| at.to_string());
    draft
        .with("state", state(old), state(new))
        .with("stateDetails", old.state_details.clone(), new.state_details.clone())
        .with("deviceName", old.device_name.clone(), new.device_name.clone())
        .with("userName", old.user_name.clone(), new.user_name.clone())
        .with("universalIntegratedCircuitCardIdentifier", old.eid.clone(), new.eid.clone())
        .with("lastSyncDateTime", synced(old), synced(new))
}
