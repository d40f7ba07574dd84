//! What became of an activation code.

use super::DeviceStateValue;

/// Where a code is in its life. It is free once; whatever became of it afterwards, nobody gets it
/// again, unless somebody puts it back by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CodeState {
    /// Nobody has it. Graph calls it `notEvaluated`.
    Free,
    /// A device has or had it: what the device's state says.
    HandedOut(DeviceStateValue),
    /// It was handed out and taken back before it was installed: its holder knows the secret.
    Quarantined,
    /// The same code was handed out before, from this or from another pool.
    HandedOutElsewhere,
}

impl CodeState {
    /// The names on the wire, by the numbers in the database: Graph's for devices, then our own.
    pub const NAMES: [&str; 10] = [
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
    ];

    /// The state of that number.
    #[must_use]
    pub fn numbered(number: i16) -> Option<Self> {
        match number {
            0 => Some(Self::Free),
            8 => Some(Self::Quarantined),
            9 => Some(Self::HandedOutElsewhere),
            other => DeviceStateValue::numbered(other).map(Self::HandedOut),
        }
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> i16 {
        match self {
            Self::Free => 0,
            Self::HandedOut(state) => state.number(),
            Self::Quarantined => 8,
            Self::HandedOutElsewhere => 9,
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES[usize::from(self.number().unsigned_abs())]
    }
}
