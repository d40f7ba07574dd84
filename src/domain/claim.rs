//! Claims, which give a code to a device, and releases, which take it back.

use super::activation_code::check_text;
use super::eid::check_eid;
use super::{
    ActivationCode, ChangeContext, CodeState, DeviceDetails, DeviceIdentity, DeviceState,
    DeviceStateId, DeviceStateValue, HandoutId, IdGenerator, Invalid, NewDeviceState, Rules,
    SoughtIccid,
};

/// A checked request for a code.
#[derive(Clone, Debug)]
pub struct ClaimDraft {
    device_name: Option<String>,
    user_name: Option<String>,
    eid: Option<String>,
    iccid: Option<String>,
    identity: DeviceIdentity,
    rename: bool,
}

/// A claim to make. Everything is decided except the code.
#[derive(Clone, Debug)]
pub struct NewClaim {
    /// The id of the hand-out.
    pub handout: HandoutId,
    /// The device state to insert.
    pub device_state: NewDeviceState,
    /// What identifies the device.
    pub device: DeviceIdentity,
    /// Whether the device has another name than before, if its EID is known.
    pub rename: bool,
    /// The ICCID of the code to claim, if the device asks for a particular one.
    pub iccid: Option<SoughtIccid>,
}

impl NewClaim {
    /// The EID of the device, if it gives one. Codes may be bound to it.
    #[must_use]
    pub fn eid(&self) -> Option<&str> {
        self.device_state.details.eid.as_deref()
    }

    /// What this claim tells of the device with these details, which has a code.
    #[must_use]
    pub fn told(&self, known: &DeviceDetails) -> Told {
        let known_as = DeviceIdentity::new(None, known.device_name.as_deref());
        if !self.rename && !self.device.may_be_named_as(known_as.as_ref()) {
            Told::AnotherName
        } else if self.known_with(known.clone()) == *known {
            Told::Known
        } else {
            Told::More
        }
    }

    /// The details of a device that has a code, with what this claim tells of it. Its name keeps its
    /// spelling unless it is renamed.
    #[must_use]
    pub fn known_with(&self, known: DeviceDetails) -> DeviceDetails {
        let told = &self.device_state.details;
        let eid = told.eid.clone().or(known.eid);
        let old_name = known.device_name.filter(|name| !self.rename && !name.trim().is_empty());
        let device_name = old_name.or_else(|| told.device_name.clone());
        DeviceDetails { eid, device_name, ..known }
    }
}

/// What a claim tells of a device that has a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Nothing new.
    Known,
    /// Its EID, a name where it had none, or a new one.
    More,
    /// Another name than it has, and not that it was renamed.
    AnotherName,
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
    /// The code with that ICCID is not free, but has this state.
    IccidNotFree(CodeState),
    /// The code with that ICCID is bound to the EID of another device.
    BoundToAnother,
    /// The device has another code than the one it asks for, and that has this state.
    DeviceHasAnother(CodeState),
    /// The EID is that of a device with this name, which is another than it tells.
    DeviceNamedOtherwise(String),
    /// Several devices of the name that it tells have codes of the pool.
    AmbiguousName,
}

/// Which claim to release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Release {
    /// The claim of this device state.
    Of(DeviceStateId),
    /// The claim of the code with this ICCID.
    Iccid(SoughtIccid),
    /// The claim of this device.
    Device(DeviceIdentity),
}

/// The outcome of a release or a reinstatement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransitionOutcome<T> {
    /// The state of the code changed.
    Done(T),
    /// The pool, the device state or the code does not exist.
    NotFound,
    /// No device of that identity has a code of the pool, installing or installed.
    NoSuchDevice,
    /// Several devices of that name have codes of the pool.
    AmbiguousName,
    /// The device state was made by no claim: it has no code.
    NoClaim,
    /// The code has this state, which does not allow it.
    StateConflict(CodeState),
}

impl<T> TransitionOutcome<T> {
    /// The same with another value.
    pub fn map<U>(self, into: impl FnOnce(T) -> U) -> TransitionOutcome<U> {
        match self {
            Self::Done(value) => TransitionOutcome::Done(into(value)),
            Self::NotFound => TransitionOutcome::NotFound,
            Self::NoSuchDevice => TransitionOutcome::NoSuchDevice,
            Self::AmbiguousName => TransitionOutcome::AmbiguousName,
            Self::NoClaim => TransitionOutcome::NoClaim,
            Self::StateConflict(state) => TransitionOutcome::StateConflict(state),
        }
    }
}

impl ClaimDraft {
    /// Checks a request for a code. The device must give its EID or its name; a string of nothing but
    /// space counts as absent.
    pub fn new(
        device_name: Option<String>,
        user_name: Option<String>,
        eid: Option<String>,
        iccid: Option<String>,
        rename: bool,
        rules: &Rules,
    ) -> Result<Self, Invalid> {
        const EID: &str = "universalIntegratedCircuitCardIdentifier";
        let some = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        let [device_name, user_name, eid, iccid] = [device_name, user_name, eid, iccid].map(some);
        for (name, text) in [
            ("deviceName", &device_name),
            ("userName", &user_name),
            (EID, &eid),
            ("integratedCircuitCardIdentifier", &iccid),
        ] {
            if let Some(text) = text {
                check_text(name, text, rules.text_length)?;
            }
        }
        let eid = eid.map(|eid| check_eid(EID, eid, false)).transpose()?;
        let identity = DeviceIdentity::new(eid.as_deref(), device_name.as_deref());
        let required =
            || Invalid::new(EID, "or 'deviceName' is required: it identifies the device");
        let identity = identity.ok_or_else(required)?;
        Ok(Self { device_name, user_name, eid, iccid, identity, rename })
    }

    /// The claim to make.
    #[must_use]
    pub fn into_new(self, ids: &IdGenerator, context: ChangeContext) -> NewClaim {
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
            device: self.identity,
            rename: self.rename,
            iccid: self.iccid.map(SoughtIccid::new),
        }
    }
}
