//! Valid requests that the state of their entities forbids: 409.

use super::kinds::{
    ALL_HANDED_OUT_ELSEWHERE, BOUND_TO_ANOTHER, CODE_NOT_FREE, DEVICE_HAS_CODE, ErrorKind,
    KEY_REUSED, NO_ACTIVE_CLAIM, NO_FREE_CODE, NOT_INSTALLING, NOT_QUARANTINED, NOT_SHOWABLE,
};

/// Why the state of its entities forbids a valid request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateConflict {
    /// The idempotency key belongs to another request.
    KeyReused,
    /// The pool has no free code.
    NoFreeCode,
    /// Every code left in the pool was handed out before.
    AllHandedOutElsewhere,
    /// The requested code is not free.
    CodeNotFree,
    /// The requested code is bound to another device.
    BoundToAnother,
    /// The device has another code of the pool.
    DeviceHasCode,
    /// The claim is not installing.
    NotInstalling,
    /// The code is not in quarantine.
    NotQuarantined,
    /// The device holds no code of the pool by a claim.
    NoActiveClaim,
    /// No device could read the code.
    NotShowable,
}

impl StateConflict {
    pub(super) fn kind(self) -> ErrorKind {
        match self {
            Self::KeyReused => KEY_REUSED,
            Self::NoFreeCode => NO_FREE_CODE,
            Self::AllHandedOutElsewhere => ALL_HANDED_OUT_ELSEWHERE,
            Self::CodeNotFree => CODE_NOT_FREE,
            Self::BoundToAnother => BOUND_TO_ANOTHER,
            Self::DeviceHasCode => DEVICE_HAS_CODE,
            Self::NotInstalling => NOT_INSTALLING,
            Self::NotQuarantined => NOT_QUARANTINED,
            Self::NoActiveClaim => NO_ACTIVE_CLAIM,
            Self::NotShowable => NOT_SHOWABLE,
        }
    }

    pub(super) fn message(self) -> &'static str {
        match self {
            Self::KeyReused => {
                "The Idempotency-Key was used for another request. Use a new key for each request."
            }
            Self::NoFreeCode => "The pool has no free activation code. Add codes to it.",
            Self::AllHandedOutElsewhere => {
                "Every activation code left in the pool was handed out before, from this or from \
                 another pool. Add new codes to it."
            }
            Self::CodeNotFree => "The requested activation code is not free.",
            Self::BoundToAnother => {
                "The requested activation code is bound to the EID of another device. Claim it with \
                 that EID, or claim without an ICCID to get a code that any device may have."
            }
            Self::DeviceHasCode => {
                "The device has another activation code of this pool, installing or installed."
            }
            Self::NotInstalling => "Only a claim that is still installing can be released.",
            Self::NotQuarantined => "Only a quarantined activation code can be reinstated.",
            Self::NoActiveClaim => {
                "The device holds no activation code of the pool by a claim. A code is shown only \
                 while its claim is installing or installed."
            }
            Self::NotShowable => {
                "No device could read the activation code: a field holds '$' or a control \
                 character, the host is empty, or the complete string is longer than 255 \
                 characters."
            }
        }
    }
}
