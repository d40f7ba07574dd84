//! Codes as another inventory hands them over: some are used already, or meant for one device.

use super::activation_code::check_text;
use super::eid::checked_eid;
use super::{
    ActivationCode, DeviceDetails, DeviceIdentity, DeviceKey, DeviceStateId, DeviceStateValue,
    HandoutId, Invalid, NewDeviceState, Rules, Timestamp,
};

/// A code of a file, and what the file says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedCode {
    /// The code.
    pub code: ActivationCode,
    /// The only device that may get it, if it is bound to one and not used: its EID.
    pub bound_eid: Option<String>,
    /// By whom it is used, if it is.
    pub used: Option<PriorUse>,
    /// A free label.
    pub label: Option<String>,
}

/// What another inventory knows of the use of a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriorUse {
    /// The state of the profile.
    pub state: DeviceStateValue,
    /// The device's name, if it is known.
    pub device_name: Option<String>,
    /// The device's EID, if it is known.
    pub eid: Option<String>,
    /// The device's primary user, if it is known.
    pub user_name: Option<String>,
    /// When the code was handed out, if that is known.
    pub at: Option<Timestamp>,
}

/// A hand-out that another inventory has made, as it is entered into the ledger.
#[derive(Clone, Debug)]
pub struct PriorHandout {
    /// The id of the hand-out.
    pub handout: HandoutId,
    /// The state of the device, which is inserted with it.
    pub device_state: NewDeviceState,
    /// What identifies the device. If nothing is known of it, the hand-out stands for itself.
    pub device: DeviceKey,
    /// The folded name of a device that is identified by its EID.
    pub device_name: Option<String>,
    /// What stands for the device if it has another code of the pool, which the ledger allows once.
    pub other_device: DeviceKey,
    /// When the code was handed out; at the latest when it was imported.
    pub at: Timestamp,
}

impl From<ActivationCode> for ImportedCode {
    fn from(code: ActivationCode) -> Self {
        Self { code, bound_eid: None, used: None, label: None }
    }
}

impl ImportedCode {
    /// The bytes of its fields.
    #[must_use]
    pub fn length(&self) -> usize {
        let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let used = self.used.as_ref();
        let used = used.map_or(0, |used| length(&used.device_name) + length(&used.user_name));
        self.code.length() + length(&self.label) + used
    }
}

impl PriorUse {
    /// The hand-out with these ids, entered at the time `now`.
    #[must_use]
    pub fn into_handout(
        self,
        handout: HandoutId,
        device_state: DeviceStateId,
        now: Timestamp,
    ) -> PriorHandout {
        let known = DeviceIdentity::new(self.eid.as_deref(), self.device_name.as_deref());
        let device_name = known.as_ref().and_then(DeviceIdentity::name_beside_eid);
        let device_name = device_name.map(str::to_owned);
        let other_device = DeviceKey::unknown(handout);
        let device = known.map_or_else(|| other_device.clone(), |known| known.key().clone());
        let details = DeviceDetails {
            last_sync_at: None,
            eid: self.eid,
            device_name: self.device_name,
            user_name: self.user_name,
            state: self.state,
            state_details: None,
        };
        let device_state = NewDeviceState { id: device_state, at: now, details };
        let at = self.at.unwrap_or(now);
        PriorHandout { handout, device_state, device, device_name, other_device, at }
    }
}

/// An EID of a file in its one form.
///
/// # Errors
/// The reason, as the end of a sentence that starts with the value.
pub fn imported_eid(text: &str) -> Result<String, &'static str> {
    checked_eid(text)
}

/// Checks a text that a file has of a code: it can be stored, and holds no activation code string.
pub fn check_imported_text(value: &str, rules: &Rules) -> Result<(), Invalid> {
    check_text("", value, rules.text_length)
}
