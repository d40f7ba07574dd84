//! Valid requests that the state of their entities forbids: 409. Each message names the state that is
//! in the way, and the next step.

use super::kinds::{
    ALL_HANDED_OUT_ELSEWHERE, BOUND_TO_ANOTHER, CODE_NOT_FREE, DEVICE_HAS_CODE, ErrorKind,
    KEY_REUSED, NAME_AMBIGUOUS, NAMED_OTHERWISE, NO_ACTIVE_CLAIM, NO_FREE_CODE, NOT_INSTALLING,
    NOT_QUARANTINED, NOT_SHOWABLE,
};
use crate::domain::{CodeState, DeviceStateValue};

/// Why the state of its entities forbids a valid request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateConflict {
    /// The idempotency key belongs to another request.
    KeyReused,
    /// The pool has no free code.
    NoFreeCode,
    /// Every code left in the pool was handed out before.
    AllHandedOutElsewhere,
    /// The requested code is not free, but has this state.
    CodeNotFree(CodeState),
    /// The requested code is bound to another device.
    BoundToAnother,
    /// The device has another code of the pool, which has this state.
    DeviceHasCode(CodeState),
    /// The EID is that of a device with this name, which is another than the claim tells.
    NamedOtherwise(String),
    /// Several devices of that name have codes of the pool.
    NameAmbiguous,
    /// The code of the claim has this state, and is not installing.
    NotInstalling(CodeState),
    /// The device state was made by no claim.
    NoClaim,
    /// The code has this state, and is not in quarantine.
    NotQuarantined(CodeState),
    /// The device, which has this state, holds no code of the pool by a claim.
    NoActiveClaim(DeviceStateValue),
    /// No device could read the code.
    NotShowable,
}

impl StateConflict {
    pub(super) fn kind(&self) -> ErrorKind {
        match self {
            Self::KeyReused => KEY_REUSED,
            Self::NoFreeCode => NO_FREE_CODE,
            Self::AllHandedOutElsewhere => ALL_HANDED_OUT_ELSEWHERE,
            Self::CodeNotFree(_) => CODE_NOT_FREE,
            Self::BoundToAnother => BOUND_TO_ANOTHER,
            Self::DeviceHasCode(_) => DEVICE_HAS_CODE,
            Self::NamedOtherwise(_) => NAMED_OTHERWISE,
            Self::NameAmbiguous => NAME_AMBIGUOUS,
            Self::NotInstalling(_) | Self::NoClaim => NOT_INSTALLING,
            Self::NotQuarantined(_) => NOT_QUARANTINED,
            Self::NoActiveClaim(_) => NO_ACTIVE_CLAIM,
            Self::NotShowable => NOT_SHOWABLE,
        }
    }

    pub(super) fn message(&self) -> String {
        match self {
            Self::KeyReused => {
                "The Idempotency-Key was used for another request. Use a new key for each request."
                    .to_owned()
            }
            Self::NoFreeCode => {
                "The pool has no free activation code. Add codes to it.".to_owned()
            }
            Self::AllHandedOutElsewhere => {
                "Every activation code left in the pool was handed out before, from this or from \
                 another pool. Add new codes to it."
                    .to_owned()
            }
            Self::CodeNotFree(state) => {
                format!("The activation code is '{}', not free. {}", state.name(), to_claim(*state))
            }
            Self::BoundToAnother => {
                "The requested activation code is bound to the EID of another device. Claim it with \
                 that EID, or claim without an ICCID to get a code that any device may have."
                    .to_owned()
            }
            Self::DeviceHasCode(state) => format!(
                "The device has another activation code of this pool, which is '{}'. Claim without \
                 an ICCID to get that one again; for another one, {} first.",
                state.name(),
                to_retire(*state)
            ),
            Self::NamedOtherwise(name) => format!(
                "The EID is that of the device '{name}', which has an activation code of this pool. \
                 If the device was renamed, claim with 'rename': true; if not, one of EID and name is \
                 that of another device."
            ),
            Self::NameAmbiguous => {
                "Several devices of this name have activation codes of the pool, installing or \
                 installed. Give the EID of the device."
                    .to_owned()
            }
            Self::NotInstalling(state) => format!(
                "Only a claim that is still 'installing' can be released. This activation code is \
                 '{}'. {}",
                state.name(),
                to_release(*state)
            ),
            Self::NoClaim => {
                "This device state was not made by a claim, so there is no activation code to \
                 release. Name the device state of a claim, or the ICCID of the activation code."
                    .to_owned()
            }
            Self::NotQuarantined(state) => format!(
                "Only a 'quarantined' activation code can be reinstated. This one is '{}'. {}",
                state.name(),
                to_reinstate(*state)
            ),
            Self::NoActiveClaim(state) => format!(
                "The device holds no activation code of the pool by a claim, and its state is '{}'. \
                 A code is shown only while its claim is installing or installed. Claim one for the \
                 device first.",
                state.name()
            ),
            Self::NotShowable => {
                "No device could read the activation code: a field holds '$' or a control \
                 character, the host is empty, or the complete string is longer than 255 \
                 characters. Claim another one, and have the carrier replace it."
                    .to_owned()
            }
        }
    }
}

/// What to do about a code that is not free.
fn to_claim(state: CodeState) -> &'static str {
    match state {
        CodeState::Free => "Try again.",
        CodeState::HandedOut(DeviceStateValue::Installing) => {
            "A device is installing it. Claim without an ICCID to get a free one, or release that \
             claim and reinstate the code."
        }
        CodeState::HandedOut(_) => {
            "A device has used it up. Claim without an ICCID to get a free one."
        }
        CodeState::Quarantined => {
            "Claim without an ICCID to get a free one, or reinstate it once it is certain that no \
             device has used it."
        }
        CodeState::HandedOutElsewhere => {
            "It was handed out before, from this or from another pool. Claim without an ICCID to \
             get a free one."
        }
    }
}

/// How a device loses the code that it has.
fn to_retire(state: CodeState) -> &'static str {
    match state {
        CodeState::HandedOut(DeviceStateValue::Installing) => "release its claim",
        CodeState::Free
        | CodeState::HandedOut(_)
        | CodeState::Quarantined
        | CodeState::HandedOutElsewhere => "report its device state as 'deleted'",
    }
}

/// What to do about a code that cannot be released.
fn to_release(state: CodeState) -> &'static str {
    match state {
        CodeState::Free => "No device has it: there is nothing to release.",
        CodeState::HandedOut(DeviceStateValue::Installed | DeviceStateValue::Deleting) => {
            "To retire it, report its device state as 'deleted'; the code is used up then."
        }
        CodeState::HandedOut(_) => {
            "The device has used it up: there is nothing to release, and the device may claim \
             another one."
        }
        CodeState::Quarantined => "It was released already. Reinstate it to make it free again.",
        CodeState::HandedOutElsewhere => {
            "It was handed out before, from this or from another pool. Release it there."
        }
    }
}

/// What to do about a code that cannot be reinstated.
fn to_reinstate(state: CodeState) -> &'static str {
    match state {
        CodeState::Free => "It is free already: claim it.",
        CodeState::HandedOut(DeviceStateValue::Installing) => {
            "A device may still install it. Release its claim first."
        }
        CodeState::HandedOut(_) => {
            "A device has used it, so it is never free again. Claim another one."
        }
        CodeState::Quarantined => "Try again.",
        CodeState::HandedOutElsewhere => {
            "It was handed out before, from this or from another pool, and that claim was not \
             released. Release it there first."
        }
    }
}
