//! `embeddedSIMDeviceState`: its table, how it is read and how it is written.

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde_json::Value;

use super::body::{Moment, Shape, Wire};
use super::json::{Date, FromJson, Object, Properties, Slot, read};
use super::model::Input::{self, Optional, ReadOnly, Required};
use super::model::{Constraint, ID, Property, StructuredType};
use super::openapi::schema::{to_create, to_update};
use crate::domain::{
    DeviceDetails, DeviceState, DeviceStateChange, DeviceStateField as F, DeviceStateValue,
    Invalid, Rules, Table, table,
};

const fn field(field: F, input: Input, description: &'static str) -> Property {
    Property::field(field.row(), input, description)
}

table! {
    /// The properties of a device state. The reference says of some that the service updates them,
    /// and its examples send them.
    pub(super) enum DeviceStateProperty: Property {
        Id = ID,
        CreatedDateTime = field(F::CreatedDateTime, ReadOnly, "When the device state was created."),
        ModifiedDateTime = field(F::ModifiedDateTime, ReadOnly, "When the device state last changed."),
        LastSyncDateTime = field(F::LastSyncDateTime, Optional, "When the device last checked in."),
        Eid = field(F::Eid, Optional, "The identifier of the device's eUICC (EID).").with(Constraint::Eid),
        DeviceName = field(F::DeviceName, Optional, "The device's name."),
        UserName = field(F::UserName, Optional, "The device's primary user."),
        State = field(F::State, Required, "The state of the profile."),
        StateDetails = field(F::StateDetails, Optional, "Details of the state."),
    }
}

/// `embeddedSIMDeviceState`
pub(super) static DEVICE_STATE: StructuredType = StructuredType::entity(
    "#microsoft.graph.embeddedSIMDeviceState",
    "What happened to a profile on a device.",
    DeviceStateProperty::ROWS,
);

/// A device state in a request body.
#[derive(Default)]
struct DeviceStateProperties {
    id: Slot<Option<String>>,
    created: Slot<Option<Date>>,
    modified: Slot<Option<Date>>,
    last_sync: Slot<Option<Date>>,
    eid: Slot<Option<String>>,
    device_name: Slot<Option<String>>,
    user_name: Slot<Option<String>>,
    state: Slot<StateName>,
    state_details: Slot<Option<String>>,
}

impl Properties for DeviceStateProperties {
    type Property = DeviceStateProperty;

    fn type_name() -> &'static str {
        DEVICE_STATE.name()
    }

    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        property: DeviceStateProperty,
        map: &mut A,
    ) -> Result<(), A::Error> {
        use DeviceStateProperty as P;

        match property {
            P::Id => self.id.read(map),
            P::CreatedDateTime => self.created.read(map),
            P::ModifiedDateTime => self.modified.read(map),
            P::LastSyncDateTime => self.last_sync.read(map),
            P::Eid => self.eid.read(map),
            P::DeviceName => self.device_name.read(map),
            P::UserName => self.user_name.read(map),
            P::State => self.state.read(map),
            P::StateDetails => self.state_details.read(map),
        }
    }
}

/// A [`DeviceStateValue`] by its name.
struct StateName(DeviceStateValue);

impl<'de> Deserialize<'de> for StateName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;

        impl Visitor<'_> for NameVisitor {
            type Value = StateName;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "one of '{}'", DeviceStateValue::TYPE.members.join("', '"))
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<StateName, E> {
                let names = || DeviceStateValue::TYPE.members.join("', '");
                DeviceStateValue::named(name)
                    .map(StateName)
                    .ok_or_else(|| E::custom(format!("must be one of '{}'", names())))
            }
        }

        deserializer.deserialize_str(NameVisitor)
    }
}

impl FromJson for DeviceDetails {
    fn from_json(json: &[u8], rules: &Rules) -> Result<Self, Invalid> {
        let Object(sent) = read::<Object<DeviceStateProperties>>(json, rules)?;
        let details = Self {
            last_sync_at: sent.last_sync.sent().flatten().map(|date| date.0),
            eid: sent.eid.sent().flatten(),
            device_name: sent.device_name.sent().flatten(),
            user_name: sent.user_name.sent().flatten(),
            state: sent.state.required(DeviceStateProperty::State)?.0,
            state_details: sent.state_details.sent().flatten(),
        };
        details.check(rules)
    }

    fn schema(_: &Rules) -> Value {
        to_create(&DEVICE_STATE)
    }
}

impl FromJson for DeviceStateChange {
    fn from_json(json: &[u8], rules: &Rules) -> Result<Self, Invalid> {
        let Object(sent) = read::<Object<DeviceStateProperties>>(json, rules)?;
        let change = Self {
            last_sync_at: sent.last_sync.change().map(|date| date.0),
            eid: sent.eid.change(),
            device_name: sent.device_name.change(),
            user_name: sent.user_name.change(),
            state: sent.state.sent().map(|state| state.0),
            state_details: sent.state_details.change(),
        };
        change.check(rules)
    }

    fn schema(_: &Rules) -> Value {
        to_update(&DEVICE_STATE)
    }
}

impl Wire for DeviceState {
    const TYPE: &'static StructuredType = &DEVICE_STATE;

    fn revision(&self) -> Option<i64> {
        Some(self.revision)
    }

    fn write<M: SerializeMap>(&self, map: &mut M, shape: &Shape) -> Result<(), M::Error> {
        use DeviceStateProperty as P;

        let Self { id, created_at, modified_at, details, revision: _ } = self;
        let DeviceDetails { last_sync_at, eid, device_name, user_name, state, state_details } =
            details;
        shape.entry(map, P::Id, &id.uuid())?;
        shape.entry(map, P::CreatedDateTime, &Moment(*created_at))?;
        shape.entry(map, P::ModifiedDateTime, &Moment(*modified_at))?;
        shape.entry(map, P::LastSyncDateTime, &last_sync_at.map(Moment))?;
        shape.entry(map, P::Eid, eid)?;
        shape.entry(map, P::DeviceName, device_name)?;
        shape.entry(map, P::UserName, user_name)?;
        shape.entry(map, P::State, state.name())?;
        shape.entry(map, P::StateDetails, state_details)
    }
}
