//! Codes and device states of all pools of a tenant, as they are listed together.

use super::listing::{Field, FieldSpec, Listed, PrimitiveType};
use super::predicate::Value;
use super::table::table;
use super::{
    CodeField, CodeState, DeviceState, DeviceStateField, DeviceStateValue, Iccid, PoolId,
    PooledCode,
};

/// A code of any pool, with its holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantCode {
    /// The pool that the code is in.
    pub pool: PoolId,
    /// The code.
    pub code: PooledCode,
    /// The name of the device that is its current or last holder.
    pub device_name: Option<String>,
    /// The EID of that device.
    pub eid: Option<String>,
    /// The user of that device.
    pub user_name: Option<String>,
}

/// A device state of any pool, with its code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantDeviceState {
    /// The pool that the device state is in.
    pub pool: PoolId,
    /// The ICCID of the code that a claim gave the device, unless the code was reinstated.
    pub iccid: Option<Iccid>,
    /// The device state.
    pub device_state: DeviceState,
}

const POOL: FieldSpec = FieldSpec::new("poolId", PrimitiveType::Guid);
const ICCID: &str = "integratedCircuitCardIdentifier";
const EID: &str = "universalIntegratedCircuitCardIdentifier";

table! {
    /// The properties that a tenant's codes are filtered and ordered by.
    pub enum TenantCodeField: FieldSpec {
        Id = FieldSpec::new("id", PrimitiveType::Guid),
        PoolId = POOL,
        Position = FieldSpec::new("position", PrimitiveType::Int),
        Iccid = FieldSpec::new(ICCID, PrimitiveType::String),
        SmdpAddress = FieldSpec::new("smdpPlusServerAddress", PrimitiveType::String),
        State = FieldSpec::new("state", PrimitiveType::Enum(&CodeState::TYPE)),
        StateChangedDateTime =
            FieldSpec::new("stateChangedDateTime", PrimitiveType::DateTimeOffset),
        BoundEid = FieldSpec::new("boundToEid", PrimitiveType::String).nullable(),
        Label = FieldSpec::new("label", PrimitiveType::String).nullable(),
        ImportId = FieldSpec::new("importId", PrimitiveType::Guid).nullable(),
        DeviceName = FieldSpec::new("deviceName", PrimitiveType::String).nullable().searchable(),
        Eid = FieldSpec::new(EID, PrimitiveType::String).nullable().searchable(),
        UserName = FieldSpec::new("userName", PrimitiveType::String).nullable().searchable(),
    }
}

table! {
    /// The properties that a tenant's device states are filtered and ordered by.
    pub enum TenantDeviceStateField: FieldSpec {
        Id = FieldSpec::new("id", PrimitiveType::Guid),
        PoolId = POOL,
        CreatedDateTime = FieldSpec::new("createdDateTime", PrimitiveType::DateTimeOffset),
        ModifiedDateTime = FieldSpec::new("modifiedDateTime", PrimitiveType::DateTimeOffset),
        LastSyncDateTime =
            FieldSpec::new("lastSyncDateTime", PrimitiveType::DateTimeOffset).nullable(),
        Eid = FieldSpec::new(EID, PrimitiveType::String).nullable().searchable(),
        DeviceName = FieldSpec::new("deviceName", PrimitiveType::String).nullable().searchable(),
        UserName = FieldSpec::new("userName", PrimitiveType::String).nullable().searchable(),
        State = FieldSpec::new("state", PrimitiveType::Enum(&DeviceStateValue::TYPE)),
        StateDetails =
            FieldSpec::new("stateDetails", PrimitiveType::String).nullable().searchable(),
        Iccid = FieldSpec::new(ICCID, PrimitiveType::String).nullable(),
    }
}

impl Field for TenantCodeField {
    const KEY: Self = Self::Position;
    const BEFORE_KEY: &'static [Self] = &[Self::PoolId];
}

impl Field for TenantDeviceStateField {
    const KEY: Self = Self::Id;
    const BEFORE_KEY: &'static [Self] = &[Self::PoolId];
}

fn text(text: Option<&str>) -> Value {
    text.map_or(Value::Null, |text| Value::String(text.to_owned()))
}

impl Listed for TenantCode {
    type Field = TenantCodeField;

    fn value(&self, field: TenantCodeField) -> Value {
        use TenantCodeField as F;

        match field {
            F::Id => self.code.value(CodeField::Id),
            F::PoolId => Value::Guid(self.pool.uuid()),
            F::Position => self.code.value(CodeField::Position),
            F::Iccid => self.code.value(CodeField::Iccid),
            F::SmdpAddress => self.code.value(CodeField::SmdpAddress),
            F::State => self.code.value(CodeField::State),
            F::StateChangedDateTime => self.code.value(CodeField::StateChangedDateTime),
            F::BoundEid => self.code.value(CodeField::BoundEid),
            F::Label => self.code.value(CodeField::Label),
            F::ImportId => self.code.value(CodeField::ImportId),
            F::DeviceName => text(self.device_name.as_deref()),
            F::Eid => text(self.eid.as_deref()),
            F::UserName => text(self.user_name.as_deref()),
        }
    }
}

impl Listed for TenantDeviceState {
    type Field = TenantDeviceStateField;

    fn value(&self, field: TenantDeviceStateField) -> Value {
        use TenantDeviceStateField as F;

        let own = |field| self.device_state.value(field);
        match field {
            F::Id => own(DeviceStateField::Id),
            F::PoolId => Value::Guid(self.pool.uuid()),
            F::CreatedDateTime => own(DeviceStateField::CreatedDateTime),
            F::ModifiedDateTime => own(DeviceStateField::ModifiedDateTime),
            F::LastSyncDateTime => own(DeviceStateField::LastSyncDateTime),
            F::Eid => own(DeviceStateField::Eid),
            F::DeviceName => own(DeviceStateField::DeviceName),
            F::UserName => own(DeviceStateField::UserName),
            F::State => own(DeviceStateField::State),
            F::StateDetails => own(DeviceStateField::StateDetails),
            F::Iccid => text(self.iccid.as_ref().map(Iccid::as_str)),
        }
    }
}
