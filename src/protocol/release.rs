//! The actions `esimpool.release` and `esimpool.reinstate`: their tables, and how their bodies are
//! read.

use serde::de::MapAccess;
use serde_json::{Value, json};
use uuid::Uuid;

use super::json::{FromJson, Object, Properties, Slot, read};
use super::model::Input::{Optional, Required};
use super::model::{Constraint, EdmType, Property};
use super::openapi::schema;
use crate::domain::{DeviceStateId, Invalid, Release, Rules, SoughtIccid, table};

const ICCID: &str = "integratedCircuitCardIdentifier";

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
        }
    }
}

impl FromJson for Release {
    fn from_json(json: &[u8], rules: &Rules) -> Result<Self, Invalid> {
        let Object(release) = read::<Object<ReleaseParameters>>(json, rules)?;
        match (release.device_state.sent().flatten(), release.iccid.sent().flatten()) {
            (Some(id), None) => Ok(Self::Of(device_state(&id))),
            (None, Some(iccid)) => Ok(Self::Iccid(sought(iccid)?)),
            _ => {
                let reason = format!("or '{ICCID}' is required, but not both");
                Err(Invalid::new(ReleaseParameter::DeviceStateId.row().name, reason))
            }
        }
    }

    fn schema(rules: &Rules) -> Value {
        let mut schema = schema::parameters::<ReleaseParameter>(rules);
        let only = |given: ReleaseParameter, absent: ReleaseParameter| {
            let (given, absent) = (given.row().name, absent.row().name);
            json!({
                "required": [given],
                "properties": { given: { "type": "string" }, absent: { "type": "null" } },
            })
        };
        let (state, iccid) = (ReleaseParameter::DeviceStateId, ReleaseParameter::Iccid);
        schema["oneOf"] = json!([only(state, iccid), only(iccid, state)]);
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
