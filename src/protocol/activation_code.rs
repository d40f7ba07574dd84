//! `embeddedSIMActivationCode`: its table, how it is read and how it is written.

use serde::Serialize;
use serde::de::MapAccess;
use serde::ser::{SerializeMap, Serializer};

use super::json::{Properties, Slot};
use super::model::Input::Required;
use super::model::{Constraint, EdmType, Property, StructuredType};
use crate::domain::{ActivationCode, Invalid, Rules, Table, table};

table! {
    /// The properties of an activation code. The patterns are Graph's.
    pub(super) enum CodeProperty: Property {
        Iccid = Property::new(
            "integratedCircuitCardIdentifier",
            EdmType::String,
            Required,
            "The ICCID of the profile: 19 or 20 digits.",
        )
        .with(Constraint::Pattern("^[0-9]{19}[0-9]?$")),
        MatchingId = Property::new(
            "matchingIdentifier",
            EdmType::String,
            Required,
            "The secret that the profile is downloaded with.",
        )
        .with(Constraint::Pattern("^[a-zA-Z0-9\\-]*$")),
        SmdpAddress = Property::new(
            "smdpPlusServerAddress",
            EdmType::String,
            Required,
            "The host that serves the profile (SM-DP+).",
        )
        .with(Constraint::Pattern("^([a-zA-Z0-9]+(-[a-zA-Z0-9]+)*\\.)+[a-zA-Z]{2,}$")),
    }
}

/// `embeddedSIMActivationCode`
pub(super) static ACTIVATION_CODE: StructuredType = StructuredType::complex(
    "#microsoft.graph.embeddedSIMActivationCode",
    "An activation code of a carrier.",
    CodeProperty::ROWS,
);

/// A code in a request body.
#[derive(Default)]
pub(super) struct CodeProperties {
    iccid: Slot<String>,
    matching_id: Slot<String>,
    smdp_address: Slot<String>,
}

impl Properties for CodeProperties {
    type Property = CodeProperty;

    fn type_name() -> &'static str {
        ACTIVATION_CODE.name()
    }

    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        property: CodeProperty,
        map: &mut A,
    ) -> Result<(), A::Error> {
        match property {
            CodeProperty::Iccid => self.iccid.read(map),
            CodeProperty::MatchingId => self.matching_id.read(map),
            CodeProperty::SmdpAddress => self.smdp_address.read(map),
        }
    }
}

impl CodeProperties {
    pub(super) fn into_code(self, rules: &Rules) -> Result<ActivationCode, Invalid> {
        ActivationCode::parse(
            self.iccid.required(CodeProperty::Iccid)?,
            self.matching_id.required(CodeProperty::MatchingId)?,
            self.smdp_address.required(CodeProperty::SmdpAddress)?,
            rules.validation,
            rules.text_length,
        )
    }
}

/// A code with its secret, for authorised callers.
pub(super) struct CodeWithSecret<'a>(pub(super) &'a ActivationCode);

impl Serialize for CodeWithSecret<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ActivationCode { iccid, matching_id, smdp_address, .. } = self.0;
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry("@odata.type", ACTIVATION_CODE.odata_type)?;
        map.serialize_entry(CodeProperty::Iccid.row().name, iccid.as_str())?;
        map.serialize_entry(CodeProperty::MatchingId.row().name, matching_id.expose())?;
        map.serialize_entry(CodeProperty::SmdpAddress.row().name, smdp_address.as_str())?;
        map.end()
    }
}
