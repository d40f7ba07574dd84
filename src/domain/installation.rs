//! Codes as they are shown to whoever sets a device up.

use super::activation_code::CODE_LENGTH;
use super::{ActivationCode, ActivationCodeString, DeviceState, Iccid, Page, Pool};

/// A code that a device has now, ready to be shown.
#[derive(Clone, Debug)]
pub struct Installation {
    /// The device's state.
    pub device_state: DeviceState,
    /// The number of the profile.
    pub iccid: Iccid,
    /// What its QR code holds, secret included; `None` if no such string can hold the code: a
    /// field would tear it apart, or it would be longer than the 255 characters of SGP.22.
    pub string: Option<ActivationCodeString>,
}

/// What came of the wish to see the code that a device has.
#[derive(Clone, Debug)]
pub enum InstallationOutcome {
    /// This. It has been written down, unless there is no string.
    Found(Box<Installation>),
    /// There is no such pool or device state.
    NotFound,
    /// There is, and the device has no code of the pool, or not any more.
    NoActiveClaim,
}

/// The codes of a pool that devices have now, a page of them.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// The pool.
    pub pool: Pool,
    /// The codes, by their device states.
    pub page: Page<Installation>,
}

impl Installation {
    /// The code of the device with that state.
    #[must_use]
    pub fn new(code: ActivationCode, device_state: DeviceState) -> Self {
        let string =
            ActivationCodeString::of(code.smdp_address.as_str(), code.matching_id.expose());
        let string = string.filter(|it| it.expose().chars().count() <= CODE_LENGTH);
        Self { device_state, iccid: code.iccid, string }
    }
}
