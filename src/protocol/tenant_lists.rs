//! `esimpool.tenantCode` and `esimpool.tenantDeviceState`: codes and device states of all pools.

use serde::ser::SerializeMap;

use super::body::{Moment, Shape, Wire};
use super::model::Input::ReadOnly;
use super::model::{EdmType, ID, Property, StructuredType};
use super::pooled_code::MASKED;
use crate::domain::{
    DeviceDetails, DeviceStateId, Iccid, ImportId, Table, TenantCode, TenantCodeField as C,
    TenantDeviceState, TenantDeviceStateField as D, table,
};

const fn of_code(field: C, description: &'static str) -> Property {
    Property::field(field.row(), ReadOnly, description)
}

const fn of_state(field: D, description: &'static str) -> Property {
    Property::field(field.row(), ReadOnly, description)
}

table! {
    /// The properties of a code of any pool.
    pub(super) enum TenantCodeProperty: Property {
        Id = ID,
        PoolId = of_code(C::PoolId, "The pool that the code is in."),
        Position = of_code(C::Position, "The index of the code in its pool, from 0."),
        Iccid = of_code(C::Iccid, "The ICCID of the profile."),
        MatchingId = Property::read_only("matchingIdentifier", EdmType::String, "Always masked."),
        SmdpAddress = of_code(C::SmdpAddress, "The host that serves the profile (SM-DP+)."),
        State = of_code(C::State, "The state of the code; notEvaluated is free."),
        StateChangedDateTime = of_code(C::StateChangedDateTime, "When the state last changed."),
        DeviceStateId = Property::read_only(
            "deviceStateId",
            EdmType::String,
            "The device state of the current or last holder.",
        )
        .nullable(),
        DeviceName = of_code(C::DeviceName, "The name of the current or last holder."),
        Eid = of_code(C::Eid, "The EID of the current or last holder."),
        UserName = of_code(C::UserName, "The user of the current or last holder."),
        BoundEid = of_code(C::BoundEid, "The EID of the only device that may get the code."),
        Label = of_code(C::Label, "The label that it was imported with."),
        ImportId = of_code(C::ImportId, "The import that brought it."),
    }
}

table! {
    /// The properties of a device state of any pool.
    pub(super) enum TenantDeviceStateProperty: Property {
        Id = ID,
        PoolId = of_state(D::PoolId, "The pool that the device state is in."),
        CreatedDateTime = of_state(D::CreatedDateTime, "When the device state was created."),
        ModifiedDateTime = of_state(D::ModifiedDateTime, "When the device state last changed."),
        LastSyncDateTime = of_state(D::LastSyncDateTime, "When the device last checked in."),
        Eid = of_state(D::Eid, "The identifier of the device's eUICC (EID)."),
        DeviceName = of_state(D::DeviceName, "The device's name."),
        UserName = of_state(D::UserName, "The device's primary user."),
        State = of_state(D::State, "The state of the profile."),
        StateDetails = of_state(D::StateDetails, "Details of the state."),
        Iccid = of_state(D::Iccid, "The ICCID of the code that a claim gave the device."),
    }
}

/// `esimpool.tenantCode`
pub(super) static TENANT_CODE: StructuredType = StructuredType::entity(
    "#esimpool.tenantCode",
    "An activation code of any pool, without its secret, and its holder.",
    TenantCodeProperty::ROWS,
);

/// `esimpool.tenantDeviceState`
pub(super) static TENANT_DEVICE_STATE: StructuredType = StructuredType::entity(
    "#esimpool.tenantDeviceState",
    "A device state of any pool, and its code.",
    TenantDeviceStateProperty::ROWS,
);

impl Wire for TenantCode {
    const TYPE: &'static StructuredType = &TENANT_CODE;

    fn revision(&self) -> Option<i64> {
        None
    }

    fn write<M: SerializeMap>(&self, map: &mut M, shape: &Shape) -> Result<(), M::Error> {
        use TenantCodeProperty as P;

        let Self { pool, code, device_name, eid, user_name } = self;
        shape.entry(map, P::Id, &code.id.uuid())?;
        shape.entry(map, P::PoolId, &pool.uuid())?;
        shape.entry(map, P::Position, &code.position)?;
        shape.entry(map, P::Iccid, code.iccid.as_str())?;
        shape.entry(map, P::MatchingId, MASKED)?;
        shape.entry(map, P::SmdpAddress, code.smdp_address.as_str())?;
        shape.entry(map, P::State, code.state.name())?;
        shape.entry(map, P::StateChangedDateTime, &Moment(code.state_changed_at))?;
        shape.entry(map, P::DeviceStateId, &code.device_state.map(DeviceStateId::uuid))?;
        shape.entry(map, P::DeviceName, device_name)?;
        shape.entry(map, P::Eid, eid)?;
        shape.entry(map, P::UserName, user_name)?;
        shape.entry(map, P::BoundEid, &code.bound_eid)?;
        shape.entry(map, P::Label, &code.label)?;
        shape.entry(map, P::ImportId, &code.import.map(ImportId::uuid))
    }
}

impl Wire for TenantDeviceState {
    const TYPE: &'static StructuredType = &TENANT_DEVICE_STATE;

    fn revision(&self) -> Option<i64> {
        None
    }

    fn write<M: SerializeMap>(&self, map: &mut M, shape: &Shape) -> Result<(), M::Error> {
        use TenantDeviceStateProperty as P;

        let Self { pool, iccid, device_state } = self;
        let DeviceDetails { last_sync_at, eid, device_name, user_name, state, state_details } =
            &device_state.details;
        shape.entry(map, P::Id, &device_state.id.uuid())?;
        shape.entry(map, P::PoolId, &pool.uuid())?;
        shape.entry(map, P::CreatedDateTime, &Moment(device_state.created_at))?;
        shape.entry(map, P::ModifiedDateTime, &Moment(device_state.modified_at))?;
        shape.entry(map, P::LastSyncDateTime, &last_sync_at.map(Moment))?;
        shape.entry(map, P::Eid, eid)?;
        shape.entry(map, P::DeviceName, device_name)?;
        shape.entry(map, P::UserName, user_name)?;
        shape.entry(map, P::State, state.name())?;
        shape.entry(map, P::StateDetails, state_details)?;
        shape.entry(map, P::Iccid, &iccid.as_ref().map(Iccid::as_str))
    }
}
