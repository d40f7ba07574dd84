//! Installations: claimed codes in the form that people set a device up with.

use super::activation_code::MAX_CODE_STRING_LENGTH;
use super::{
    ActivationCode, ActivationCodeString, ConfirmationCode, DeviceState, DeviceStateValue, Iccid,
    Page, Pool,
};

/// A claimed code in the form that people set a device up with.
#[derive(Clone, Debug)]
pub struct Installation {
    /// The device state of the claim.
    pub device_state: DeviceState,
    /// The ICCID of the profile.
    pub iccid: Iccid,
    /// The activation code string, which includes the secret; `None` if the code has no valid
    /// string: a field contains `$` or a control character, the address is empty, or the string
    /// would exceed SGP.22's 255 characters.
    pub string: Option<ActivationCodeString>,
    /// The code that the device's user is asked for, if there is one.
    pub confirmation_code: Option<ConfirmationCode>,
}

/// The outcome of a request for an installation.
#[derive(Clone, Debug)]
pub enum InstallationOutcome {
    /// The installation. The audit log records it, unless it has no string.
    Found(Box<Installation>),
    /// The pool or the device state does not exist.
    NotFound,
    /// The device, whose state is this, has no code of the pool, or no longer has one.
    NoActiveClaim(DeviceStateValue),
}

/// A page of a pool's installations.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// The pool.
    pub pool: Pool,
    /// The installations, in the order of their device states.
    pub page: Page<Installation>,
}

impl Installation {
    /// The installation of `code` on the device with that state.
    #[must_use]
    pub fn new(code: ActivationCode, device_state: DeviceState) -> Self {
        let string = ActivationCodeString::of(&code);
        let string = string.filter(|it| it.expose().chars().count() <= MAX_CODE_STRING_LENGTH);
        let confirmation_code = code.confirmation_code;
        Self { device_state, iccid: code.iccid, string, confirmation_code }
    }
}
