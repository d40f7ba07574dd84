//! The state of an activation code.

use super::DeviceStateValue;
use super::listing::EnumType;

/// The state of a code. A code is handed out once; after that only an explicit reinstatement makes
/// it free again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CodeState {
    /// Never handed out, or reinstated. Graph calls it `notEvaluated`.
    Free,
    /// Handed out to a device, whose device state says the rest.
    HandedOut(DeviceStateValue),
    /// Released before it was installed: its former holder knows the secret.
    Quarantined,
    /// The same code was handed out before, from this or another pool.
    HandedOutElsewhere,
}

impl CodeState {
    /// The states on the wire, by the numbers in the database: Graph's device states, then this
    /// service's own.
    pub const TYPE: EnumType = EnumType {
        name: "esimpool.codeState",
        members: &[
            "notEvaluated",
            "failed",
            "installing",
            "installed",
            "deleting",
            "error",
            "deleted",
            "removedByUser",
            "quarantined",
            "handedOutElsewhere",
        ],
    };

    /// The state with that number.
    #[must_use]
    pub fn numbered(number: i16) -> Option<Self> {
        match number {
            0 => Some(Self::Free),
            8 => Some(Self::Quarantined),
            9 => Some(Self::HandedOutElsewhere),
            other => DeviceStateValue::numbered(other).map(Self::HandedOut),
        }
    }

    /// The number of this state.
    #[must_use]
    pub const fn number(self) -> i16 {
        match self {
            Self::Free => 0,
            Self::HandedOut(state) => state.number(),
            Self::Quarantined => 8,
            Self::HandedOutElsewhere => 9,
        }
    }

    /// The name of this state.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::TYPE.members[usize::from(self.number().unsigned_abs())]
    }
}
