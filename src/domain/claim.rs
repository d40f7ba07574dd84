//! Claims, which give a code to a device, and releases, which take it back.

use super::activation_code::check_text;
use super::eid::check_eid;
use super::{
    ActivationCode, ChangeContext, DeviceDetails, DeviceState, DeviceStateId, DeviceStateValue,
    HandoutId, IdGenerator, Invalid, NewDeviceState, Rules, SoughtIccid,
};

/// A checked request for a code.
#[derive(Clone, Debug)]
pub struct ClaimDraft {
    device_name: Option<String>,
    user_name: Option<String>,
    eid: Option<String>,
    iccid: Option<String>,
}

/// What identifies a device across claims: its EID, or its name if it gives no EID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceKey(String);

/// A claim to make. Everything is decided except the code.
#[derive(Clone, Debug)]
pub struct NewClaim {
    /// The id of the hand-out.
    pub handout: HandoutId,
    /// The device state to insert.
    pub device_state: NewDeviceState,
    /// What identifies the device.
    pub device: DeviceKey,
    /// The ICCID of the code to claim, if the device asks for a particular one.
    pub iccid: Option<SoughtIccid>,
}

impl NewClaim {
    /// The EID of the device, if it gives one. Codes may be bound to it.
    #[must_use]
    pub fn eid(&self) -> Option<&str> {
        self.device_state.details.eid.as_deref()
    }
}

/// A claimed code.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// The code, which includes the secret.
    pub code: ActivationCode,
    /// The device state of the claim.
    pub device_state: DeviceState,
    /// Whether the device had claimed the code before.
    pub again: bool,
}

/// The outcome of a claim.
#[derive(Clone, Debug)]
pub enum ClaimOutcome {
    /// The device has a code.
    Claimed(Box<Claimed>),
    /// The pool does not exist.
    NoPool,
    /// The pool has no free code.
    NoFreeCode,
    /// The pool's free codes were all handed out before, from this or another pool.
    AllHandedOutElsewhere,
    /// The pool has no code with that ICCID.
    NoSuchIccid,
    /// The code with that ICCID is not free.
    IccidNotFree,
    /// The code with that ICCID is bound to the EID of another device.
    BoundToAnother,
    /// The device has another code than the one it asks for.
    DeviceHasAnother,
}

/// Which claim to release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Release {
    /// The claim of this device state.
    Of(DeviceStateId),
    /// The claim of the code with this ICCID.
    Iccid(SoughtIccid),
}

/// The outcome of a release or a reinstatement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransitionOutcome<T> {
    /// The state of the code changed.
    Done(T),
    /// The pool, the device state or the code does not exist.
    NotFound,
    /// The state of the code does not allow it.
    StateConflict,
}

impl ClaimDraft {
    /// Checks a request for a code. The device must give its EID or its name; a string of nothing but
    /// space counts as absent.
    pub fn new(
        device_name: Option<String>,
        user_name: Option<String>,
        eid: Option<String>,
        iccid: Option<String>,
        rules: &Rules,
    ) -> Result<Self, Invalid> {
        const EID: &str = "universalIntegratedCircuitCardIdentifier";
        let some = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        let mut draft = Self {
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
                check_text(name, text, rules.text_length)?;
            }
        }
        if draft.device_name.is_none() && draft.eid.is_none() {
            return Err(Invalid::new(EID, "or 'deviceName' is required: it identifies the device"));
        }
        draft.eid = draft.eid.map(|eid| check_eid(EID, eid, false)).transpose()?;
        Ok(draft)
    }

    /// The claim to make.
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

impl DeviceKey {
    /// The key of a device, whose EID is in its one form. It ignores space around a name.
    fn of(eid: Option<&str>, name: Option<&str>) -> Self {
        match eid {
            Some(eid) => Self(format!("eid:{eid}")),
            None => Self(format!("name:{}", name.unwrap_or_default().trim())),
        }
    }

    /// The key of a device that has an EID or a name.
    pub(super) fn known(eid: Option<&str>, name: Option<&str>) -> Option<Self> {
        let name = name.filter(|name| !name.trim().is_empty());
        eid.or(name).map(|_| Self::of(eid, name))
    }

    /// The key of a device of which nothing is known but that it has the code of this hand-out.
    pub(super) fn unknown(handout: HandoutId) -> Self {
        Self(format!("unknown:{handout}"))
    }

    /// The key as it is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
