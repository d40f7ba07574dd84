//! Claims on the wire, and what is said to take one back.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde::de::MapAccess;
use serde::ser::{SerializeMap, Serializer};
use serde_json::{Value, json};
use uuid::Uuid;

use super::body::Body;
use super::json::{FromJson, Known, Object, Properties, Slot, read};
use super::links::Links;
use super::model::{Namespace, StructuredType};
use super::openapi::schema;
use super::pool::EchoedCode;
use crate::domain::{
    ActivationCodeString, ClaimDraft, Claimed, DeviceStateId, Invalid, Release, Rules, SoughtIccid,
};

const ICCID: &str = "integratedCircuitCardIdentifier";

/// Not types of the reference: they have names for the sake of refusals.
static CLAIM: StructuredType = parameters("esimpool.claim");
static RELEASE: StructuredType = parameters("esimpool.release");
static REINSTATE: StructuredType = parameters("esimpool.reinstate");

const fn parameters(name: &'static str) -> StructuredType {
    StructuredType {
        namespace: Namespace::Esimpool,
        name,
        base: None,
        entity: false,
        is_abstract: false,
        what: "",
        properties: &[],
        navigation: &[],
    }
}

#[derive(Default)]
struct ClaimProperties {
    device_name: Slot<Option<String>>,
    user_name: Slot<Option<String>>,
    eid: Slot<Option<String>>,
    iccid: Slot<Option<String>>,
}

impl Properties for ClaimProperties {
    fn odata_type() -> &'static StructuredType {
        &CLAIM
    }

    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<Known, A::Error> {
        match name {
            "deviceName" => self.device_name.read(map),
            "userName" => self.user_name.read(map),
            "universalIntegratedCircuitCardIdentifier" => self.eid.read(map),
            ICCID => self.iccid.read(map),
            _ => Ok(Known::No),
        }
    }
}

impl FromJson for ClaimDraft {
    fn from_json(json: &[u8], rules: &Rules) -> Result<Self, Invalid> {
        let Object(claim) = read::<Object<ClaimProperties>>(json, rules)?;
        Self::new(
            claim.device_name.sent().flatten(),
            claim.user_name.sent().flatten(),
            claim.eid.sent().flatten(),
            claim.iccid.sent().flatten(),
            rules,
        )
    }

    fn schema() -> Value {
        let text =
            json!({ "type": ["string", "null"], "maxLength": 255, "pattern": "^[^\\u0000]*$" });
        let name = json!({ "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[A-Za-z0-9]+$" });
        json!({
            "type": "object",
            "properties": {
                "deviceName": text,
                "userName": text,
                "universalIntegratedCircuitCardIdentifier": text,
                ICCID: text,
            },
            "anyOf": [
                { "required": ["deviceName"], "properties": { "deviceName": name } },
                {
                    "required": ["universalIntegratedCircuitCardIdentifier"],
                    "properties": { "universalIntegratedCircuitCardIdentifier": name },
                },
            ],
            "additionalProperties": false,
        })
    }
}

#[derive(Default)]
struct ReleaseProperties {
    device_state: Slot<Option<String>>,
    iccid: Slot<Option<String>>,
}

impl Properties for ReleaseProperties {
    fn odata_type() -> &'static StructuredType {
        &RELEASE
    }

    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<Known, A::Error> {
        match name {
            "deviceStateId" => self.device_state.read(map),
            ICCID => self.iccid.read(map),
            _ => Ok(Known::No),
        }
    }
}

impl FromJson for Release {
    fn from_json(json: &[u8], rules: &Rules) -> Result<Self, Invalid> {
        let Object(release) = read::<Object<ReleaseProperties>>(json, rules)?;
        match (release.device_state.sent().flatten(), release.iccid.sent().flatten()) {
            (Some(id), None) => Ok(Self::Of(device_state(&id))),
            (None, Some(iccid)) => Ok(Self::Iccid(sought(iccid)?)),
            _ => {
                let reason = format!("or '{ICCID}' is required, and not both: which claim is it?");
                Err(Invalid::new("deviceStateId", reason))
            }
        }
    }

    fn schema() -> Value {
        let text = json!({ "type": "string", "minLength": 1, "pattern": "^[^\\u0000]*$" });
        let one = |name: &str| {
            json!({
                "type": "object",
                "required": [name],
                "properties": { name: text },
                "additionalProperties": false,
            })
        };
        json!({ "oneOf": [one("deviceStateId"), one(ICCID)] })
    }
}

/// To clients an id is any text; what is no GUID is nobody's.
fn device_state(text: &str) -> DeviceStateId {
    let guid = if text.len() == 36 { Uuid::try_parse(text).ok() } else { None };
    guid.unwrap_or_default().into()
}

/// A number that codes are looked up by.
fn sought(text: String) -> Result<SoughtIccid, Invalid> {
    if text.contains('\0') {
        return Err(Invalid::new(ICCID, "must not contain the character U+0000"));
    }
    Ok(SoughtIccid::new(text))
}

/// The code that is to be free again.
#[derive(Debug)]
pub struct Reinstatement(pub SoughtIccid);

#[derive(Default)]
struct ReinstateProperties {
    iccid: Slot<String>,
}

impl Properties for ReinstateProperties {
    fn odata_type() -> &'static StructuredType {
        &REINSTATE
    }

    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<Known, A::Error> {
        match name {
            ICCID => self.iccid.read(map),
            _ => Ok(Known::No),
        }
    }
}

impl FromJson for Reinstatement {
    fn from_json(json: &[u8], rules: &Rules) -> Result<Self, Invalid> {
        let Object(reinstate) = read::<Object<ReinstateProperties>>(json, rules)?;
        sought(reinstate.iccid.required(ICCID)?).map(Self)
    }

    fn schema() -> Value {
        let text = json!({ "type": "string", "minLength": 1, "pattern": "^[^\\u0000]*$" });
        json!({
            "type": "object",
            "required": [ICCID],
            "properties": { ICCID: text },
            "additionalProperties": false,
        })
    }
}

/// The answer to a claim. It holds the secret, and every form of it that a device takes.
#[derive(Debug)]
pub struct ClaimedBody {
    context: Option<String>,
    claimed: Claimed,
    links: Links,
}

impl ClaimedBody {
    /// The answer, as the client of a request can follow its links.
    #[must_use]
    pub fn new(claimed: Claimed, links: Links) -> Self {
        Self { context: links.context("esimpool.claimed"), claimed, links }
    }

    /// Whether the device had the code before.
    #[must_use]
    pub fn again(&self) -> bool {
        self.claimed.again
    }

    /// Its schema, for the OpenAPI document.
    #[must_use]
    pub fn schema() -> Value {
        schema::reference(&super::model::CLAIMED)
    }
}

impl Serialize for ClaimedBody {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let code = &self.claimed.code;
        let lpa = ActivationCodeString::of(code.smdp_address.as_str(), code.matching_id.expose());
        let lpa = lpa.map(|lpa| lpa.expose_for_qr());
        let mut map = serializer.serialize_map(None)?;
        if let Some(context) = &self.context {
            map.serialize_entry("@odata.context", context)?;
        }
        map.serialize_entry("activationCode", &EchoedCode::of(code))?;
        map.serialize_entry("lpaString", &lpa)?;
        map.serialize_entry("links", &lpa.as_deref().map(InstallationLinks::of))?;
        let device_state = Body::whole(None, self.claimed.device_state.clone(), &self.links);
        map.serialize_entry("deviceState", &device_state)?;
        map.end()
    }
}

/// What to tap on a device to install a profile.
#[derive(Debug, Serialize)]
pub struct InstallationLinks {
    /// iOS 17.4 and newer.
    pub apple: String,
    /// Android.
    pub android: String,
    /// Windows 11 24H2 and newer.
    pub windows: String,
}

impl InstallationLinks {
    /// The links of an activation code string that begins with `LPA:`.
    #[must_use]
    pub fn of(lpa: &str) -> Self {
        /// What stands for itself inside a query's value.
        const SPECIAL: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');
        let data = utf8_percent_encode(lpa, SPECIAL);
        let setup = |host: &str| {
            format!("https://esimsetup.{host}.com/esim_qrcode_provisioning?carddata={data}")
        };
        let bare = lpa.strip_prefix("LPA:").unwrap_or(lpa);
        Self { apple: setup("apple"), android: setup("android"), windows: format!("lpa:{bare}") }
    }
}
