//! Handing a code to a device, and taking it back.

use super::activation_code::storable;
use super::eid::is_eid;
use super::{
    ActivationCode, ChangeContext, DeviceDetails, DeviceState, DeviceStateId, DeviceStateValue,
    HandoutId, IdGenerator, Invalid, NewDeviceState, Rules, SoughtIccid, Validation,
};

/// What a device asks for.
#[derive(Clone, Debug)]
pub struct ClaimDraft {
    device_name: Option<String>,
    user_name: Option<String>,
    eid: Option<String>,
    iccid: Option<String>,
}

/// By what a device is known again: its eUICC identifier, or its name where there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceKey(String);

/// A claim about to be made: everything about it is decided but the code.
#[derive(Clone, Debug)]
pub struct NewClaim {
    /// The ledger's entry.
    pub handout: HandoutId,
    /// The state that the device will have.
    pub device_state: NewDeviceState,
    /// By what the device is known again.
    pub device: DeviceKey,
    /// The very code that it asks for.
    pub iccid: Option<SoughtIccid>,
}

/// A code that a device has now.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// The code, secret included.
    pub code: ActivationCode,
    /// The device's state.
    pub device_state: DeviceState,
    /// Whether the device had it before and only asked again.
    pub again: bool,
}

/// What a claim came to.
#[derive(Clone, Debug)]
pub enum ClaimOutcome {
    /// The device has a code.
    Claimed(Box<Claimed>),
    /// There is no such pool.
    NoPool,
    /// The pool has no free code.
    NoFreeCode,
    /// The pool has none that was not handed out before, from this or from another pool.
    AllHandedOutElsewhere,
    /// The pool has no code of that ICCID.
    NoSuchIccid,
    /// It has, and somebody else has or had it.
    IccidNotFree,
    /// The device asks for one code and has another.
    DeviceHasAnother,
}

/// Which claim is taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Release {
    /// That of this device state.
    Of(DeviceStateId),
    /// That of the code of this ICCID.
    Iccid(SoughtIccid),
}

/// What a release or a reinstatement came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransitionOutcome<T> {
    /// It happened.
    Done(T),
    /// There is no such pool, device state or code.
    NotFound,
    /// There is, and its state does not allow it.
    StateConflict,
}

impl ClaimDraft {
    /// Reads what a device asks for. It must say who it is.
    pub fn new(
        device_name: Option<String>,
        user_name: Option<String>,
        eid: Option<String>,
        iccid: Option<String>,
        rules: &Rules,
    ) -> Result<Self, Invalid> {
        const EID: &str = "universalIntegratedCircuitCardIdentifier";
        // A text of nothing names nobody.
        let some = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        let draft = Self {
            device_name: some(device_name),
            user_name: some(user_name),
            eid: some(eid),
            iccid: some(iccid),
        };
        for (name, text) in [
            ("deviceName", &draft.device_name),
            ("userName", &draft.user_name),
            (EID, &draft.eid),
            ("integratedCircuitCardIdentifier", &draft.iccid),
        ] {
            if let Some(text) = text {
                storable(name, text, rules.text_length)?;
            }
        }
        if draft.device_name.is_none() && draft.eid.is_none() {
            return Err(Invalid::new(EID, "or 'deviceName' is required: who takes the code?"));
        }
        check_eid(EID, draft.eid.as_deref(), rules)?;
        Ok(draft)
    }

    /// The claim that this becomes.
    #[must_use]
    pub fn into_new(self, ids: &IdGenerator, context: ChangeContext) -> NewClaim {
        let device = DeviceKey::of(self.eid.as_deref(), self.device_name.as_deref());
        let details = DeviceDetails {
            last_sync_at: None,
            eid: self.eid,
            device_name: self.device_name,
            user_name: self.user_name,
            state: DeviceStateValue::Installing,
            state_details: None,
        };
        NewClaim {
            handout: ids.next(),
            device_state: details.into_new(ids, context.at),
            device,
            iccid: self.iccid.map(SoughtIccid::new),
        }
    }
}

/// Strict validation wants an EID that is one.
pub(super) fn check_eid(name: &str, eid: Option<&str>, rules: &Rules) -> Result<(), Invalid> {
    let strict = rules.validation == Validation::Strict;
    match eid {
        Some(eid) if strict && !is_eid(eid) => {
            Err(Invalid::new(name, "must be 32 digits with the right check digits (EID)"))
        }
        Some(_) | None => Ok(()),
    }
}

impl DeviceKey {
    /// The key of a device. Blanks and hyphens are no part of an EID, nor blanks around a name.
    fn of(eid: Option<&str>, name: Option<&str>) -> Self {
        let Some(eid) = eid else {
            return Self(format!("name:{}", name.unwrap_or_default().trim()));
        };
        let sign = |sign: &char| !sign.is_whitespace() && *sign != '-';
        let bare: String = eid.chars().filter(sign).collect();
        Self(format!("eid:{}", if bare.is_empty() { eid } else { &bare }))
    }

    /// The key as it is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
