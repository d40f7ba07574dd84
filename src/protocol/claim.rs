//! The action `esimpool.claim` and its result: their tables, how they are read and how they are
//! written.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde::de::MapAccess;
use serde::ser::{SerializeMap, Serializer};
use serde_json::{Value, json};

use super::activation_code::{ACTIVATION_CODE, CodeWithSecret};
use super::body::EntityBody;
use super::device_state::DEVICE_STATE;
use super::json::{FromJson, Object, Properties, Slot, read};
use super::links::Links;
use super::model::Input::Optional;
use super::model::{Constraint, EdmType, Property, StructuredType};
use super::openapi::schema;
use crate::domain::{
    ActivationCodeString, ClaimDraft, Claimed, ConfirmationCode, Invalid, Rules, table,
};

const fn text(name: &'static str, description: &'static str) -> Property {
    Property::new(name, EdmType::String, Optional, description).nullable()
}

table! {
    /// The parameters of the action `esimpool.claim`.
    pub(super) enum ClaimParameter: Property {
        DeviceName =
            text("deviceName", "The device's name, in any case; it identifies a device that gives no EID."),
        UserName = text("userName", "The device's primary user."),
        Eid = text(
            "universalIntegratedCircuitCardIdentifier",
            "The identifier of the device's eUICC (EID).",
        )
        .with(Constraint::Eid),
        Iccid = text("integratedCircuitCardIdentifier", "The ICCID of the code to claim."),
        Rename = Property::new(
            "rename",
            EdmType::Boolean,
            Optional,
            "Whether a device that is known by its EID has this name now instead of another one.",
        )
        .nullable(),
    }
}

/// `esimpool.claimed`
pub(super) static CLAIMED: StructuredType = StructuredType::complex(
    "#esimpool.claimed",
    "A claimed activation code.",
    &[
        Property::read_only(
            "activationCode",
            EdmType::Complex(&ACTIVATION_CODE),
            "The code, with its secret.",
        ),
        Property::read_only(
            "lpaString",
            EdmType::String,
            "The content of the code's QR code; null if a field contains '$' or a control character.",
        )
        .nullable(),
        Property::read_only(
            "confirmationCode",
            EdmType::String,
            "The code that the device asks its user for, if the carrier gave one.",
        )
        .nullable(),
        Property::read_only(
            "links",
            EdmType::Complex(&INSTALLATION_LINKS),
            "Links that install the profile.",
        )
        .nullable(),
        Property::read_only("deviceState", EdmType::Complex(&DEVICE_STATE), "The device's state."),
    ],
);

/// `esimpool.installationLinks`
pub(super) static INSTALLATION_LINKS: StructuredType = StructuredType::complex(
    "#esimpool.installationLinks",
    "Links that install a profile on the device that opens them.",
    &[
        Property::read_only("apple", EdmType::String, "iOS 17.4 and later."),
        Property::read_only("android", EdmType::String, "Android."),
        Property::read_only("windows", EdmType::String, "Windows 11 24H2 and later."),
    ],
);

/// The body of a claim.
#[derive(Default)]
struct ClaimParameters {
    device_name: Slot<Option<String>>,
    user_name: Slot<Option<String>>,
    eid: Slot<Option<String>>,
    iccid: Slot<Option<String>>,
    rename: Slot<Option<bool>>,
}

impl Properties for ClaimParameters {
    type Property = ClaimParameter;

    fn type_name() -> &'static str {
        "esimpool.claim"
    }

    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        parameter: ClaimParameter,
        map: &mut A,
    ) -> Result<(), A::Error> {
        match parameter {
            ClaimParameter::DeviceName => self.device_name.read(map),
            ClaimParameter::UserName => self.user_name.read(map),
            ClaimParameter::Eid => self.eid.read(map),
            ClaimParameter::Iccid => self.iccid.read(map),
            ClaimParameter::Rename => self.rename.read(map),
        }
    }
}

impl FromJson for ClaimDraft {
    fn from_json(json: &[u8], rules: &Rules) -> Result<Self, Invalid> {
        let Object(claim) = read::<Object<ClaimParameters>>(json, rules)?;
        Self::new(
            claim.device_name.sent().flatten(),
            claim.user_name.sent().flatten(),
            claim.eid.sent().flatten(),
            claim.iccid.sent().flatten(),
            claim.rename.sent().flatten().unwrap_or_default(),
            rules,
        )
    }

    fn schema(rules: &Rules) -> Value {
        let mut schema = schema::parameters::<ClaimParameter>(rules);
        let given = |parameter: ClaimParameter| {
            let name = parameter.row().name;
            json!({ "required": [name], "properties": { name: schema::not_blank(rules) } })
        };
        schema["anyOf"] = json!([given(ClaimParameter::DeviceName), given(ClaimParameter::Eid)]);
        schema
    }
}

/// The response to a claim: the code with its secret, in every form that devices take.
#[derive(Debug)]
pub struct ClaimedBody {
    context: Option<String>,
    claimed: Claimed,
    links: Links,
}

impl ClaimedBody {
    /// The response with links for the client of this request.
    #[must_use]
    pub fn new(claimed: Claimed, links: Links) -> Self {
        Self { context: links.context(CLAIMED.qualified_name()), claimed, links }
    }

    /// Whether the device had claimed the code before.
    #[must_use]
    pub fn again(&self) -> bool {
        self.claimed.again
    }

    /// Its JSON schema, for the OpenAPI document.
    #[must_use]
    pub fn schema() -> Value {
        schema::reference(&CLAIMED)
    }
}

impl Serialize for ClaimedBody {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Claimed { code, device_state, again: _ } = &self.claimed;
        let lpa = ActivationCodeString::of(code);
        let confirmation = code.confirmation_code.as_ref().map(ConfirmationCode::expose);
        let lpa = lpa.map(|lpa| lpa.expose_for_qr());
        let mut map = serializer.serialize_map(None)?;
        if let Some(context) = &self.context {
            map.serialize_entry("@odata.context", context)?;
        }
        map.serialize_entry("activationCode", &CodeWithSecret(code))?;
        map.serialize_entry("lpaString", &lpa)?;
        map.serialize_entry("confirmationCode", &confirmation)?;
        map.serialize_entry("links", &lpa.as_deref().map(InstallationLinks::of))?;
        let device_state = EntityBody::complete(None, device_state.clone(), &self.links);
        map.serialize_entry("deviceState", &device_state)?;
        map.end()
    }
}

/// Links that install a profile on the device that opens them.
#[derive(Debug, Serialize)]
pub struct InstallationLinks {
    /// iOS 17.4 and later.
    pub apple: String,
    /// Android.
    pub android: String,
    /// Windows 11 24H2 and later.
    pub windows: String,
}

impl InstallationLinks {
    /// The links of an activation code string that starts with `LPA:`.
    #[must_use]
    pub fn of(lpa: &str) -> Self {
        /// All characters except those that a query value holds unescaped.
        const SPECIAL: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');
        let data = utf8_percent_encode(lpa, SPECIAL);
        let setup = |host: &str| {
            format!("https://esimsetup.{host}.com/esim_qrcode_provisioning?carddata={data}")
        };
        let bare = lpa.strip_prefix("LPA:").unwrap_or(lpa);
        Self { apple: setup("apple"), android: setup("android"), windows: format!("lpa:{bare}") }
    }
}
