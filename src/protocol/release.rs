//! The actions `esimpool.release` and `esimpool.reinstate`: their tables, and how their bodies are
//! read.

use serde::de::MapAccess;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::json::{FromJson, Object, Properties, Slot, read};
use super::model::Input::{Optional, Required};
use super::model::{Constraint, EdmType, Property};
use super::openapi::schema;
use crate::domain::{
    DeviceIdentity, DeviceStateId, Invalid, Release, Rules, SoughtIccid, Table, table,
};

const ICCID: &str = "integratedCircuitCardIdentifier";
const EID: &str = "universalIntegratedCircuitCardIdentifier";

table! {
    /// The parameters of the action `esimpool.release`.
    pub(super) enum ReleaseParameter: Property {
        DeviceStateId = Property::new(
            "deviceStateId",
            EdmType::String,
            Optional,
            "The device state that the claim created.",
        )
        .nullable()
        .with(Constraint::Id),
        Iccid =
            Property::new(ICCID, EdmType::String, Optional, "Or the ICCID of the claimed code.")
                .nullable()
                .with(Constraint::AnyLength),
        Eid = Property::new(EID, EdmType::String, Optional, "Or the EID of the device.")
            .nullable()
            .with(Constraint::Eid),
        DeviceName = Property::new(
            "deviceName",
            EdmType::String,
            Optional,
            "Or the name of the device, in any case.",
        )
        .nullable(),
    }
}

table! {
    /// The parameters of the action `esimpool.reinstate`.
    pub(super) enum ReinstateParameter: Property {
        Iccid = Property::new(ICCID, EdmType::String, Required, "The ICCID of the code.")
            .with(Constraint::AnyLength),
    }
}

/// The body of a release.
#[derive(Default)]
struct ReleaseParameters {
    device_state: Slot<Option<String>>,
    iccid: Slot<Option<String>>,
    eid: Slot<Option<String>>,
    device_name: Slot<Option<String>>,
}

impl Properties for ReleaseParameters {
    type Property = ReleaseParameter;

    fn type_name() -> &'static str {
        "esimpool.release"
    }

    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        parameter: ReleaseParameter,
        map: &mut A,
    ) -> Result<(), A::Error> {
        match parameter {
            ReleaseParameter::DeviceStateId => self.device_state.read(map),
            ReleaseParameter::Iccid => self.iccid.read(map),
            ReleaseParameter::Eid => self.eid.read(map),
            ReleaseParameter::DeviceName => self.device_name.read(map),
        }
    }
}

impl FromJson for Release {
    fn from_json(json: &[u8], rules: &Rules) -> Result<Self, Invalid> {
        let Object(release) = read::<Object<ReleaseParameters>>(json, rules)?;
        let ReleaseParameters { device_state: state, iccid, eid, device_name } = release;
        let given = [state, iccid, eid, device_name].map(|slot| slot.sent().flatten());
        match given {
            [Some(id), None, None, None] => Ok(Self::Of(device_state(&id))),
            [None, Some(iccid), None, None] => Ok(Self::Iccid(sought(iccid)?)),
            [None, None, Some(eid), None] => DeviceIdentity::of_eid(EID, eid).map(Self::Device),
            [None, None, None, Some(name)] => {
                DeviceIdentity::of_name("deviceName", &name, rules).map(Self::Device)
            }
            _ => {
                let reason =
                    format!("or '{ICCID}', '{EID}' or 'deviceName' is required: one of them");
                Err(Invalid::new(ReleaseParameter::DeviceStateId.row().name, reason))
            }
        }
    }

    fn schema(rules: &Rules) -> Value {
        let mut schema = schema::parameters::<ReleaseParameter>(rules);
        let only = |given: &ReleaseParameter| {
            let others = ReleaseParameter::ALL.iter().filter(|it| *it != given);
            let null =
                |it: &ReleaseParameter| (it.row().name.to_owned(), json!({ "type": "null" }));
            let mut properties: Map<String, Value> = others.map(null).collect();
            let value = match given {
                ReleaseParameter::DeviceStateId | ReleaseParameter::Iccid => {
                    json!({ "type": "string" })
                }
                ReleaseParameter::Eid | ReleaseParameter::DeviceName => schema::not_blank(rules),
            };
            properties.insert(given.row().name.to_owned(), value);
            json!({ "required": [given.row().name], "properties": properties })
        };
        schema["oneOf"] = ReleaseParameter::ALL.iter().map(only).collect();
        schema
    }
}

/// To clients an id is an opaque string: a string that is not a GUID is the id of nothing.
fn device_state(text: &str) -> DeviceStateId {
    let guid = if text.len() == 36 { Uuid::try_parse(text).ok() } else { None };
    guid.unwrap_or_default().into()
}

fn sought(text: String) -> Result<SoughtIccid, Invalid> {
    if text.contains('\0') {
        return Err(Invalid::new(ICCID, "must not contain the character U+0000"));
    }
    Ok(SoughtIccid::new(text))
}

/// The ICCID of the code to reinstate.
#[derive(Debug)]
pub struct Reinstatement(pub SoughtIccid);

/// The body of a reinstatement.
#[derive(Default)]
struct ReinstateParameters {
    iccid: Slot<String>,
}

impl Properties for ReinstateParameters {
    type Property = ReinstateParameter;

    fn type_name() -> &'static str {
        "esimpool.reinstate"
    }

    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        parameter: ReinstateParameter,
        map: &mut A,
    ) -> Result<(), A::Error> {
        match parameter {
            ReinstateParameter::Iccid => self.iccid.read(map),
        }
    }
}

impl FromJson for Reinstatement {
    fn from_json(json: &[u8], rules: &Rules) -> Result<Self, Invalid> {
        let Object(reinstate) = read::<Object<ReinstateParameters>>(json, rules)?;
        sought(reinstate.iccid.required(ReinstateParameter::Iccid)?).map(Self)
    }

    fn schema(rules: &Rules) -> Value {
        schema::parameters::<ReinstateParameter>(rules)
    }
}
