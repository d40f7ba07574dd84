//! What became of a hand-out, and what that means in SQL.

use crate::domain::{CodeState, DeviceStateValue};

/// What became of a code that was handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum HandoutOutcome {
    /// It follows the state of its device.
    Device(DeviceStateValue),
    /// The claim was released before the code was installed.
    Released,
    /// The released code was made free again: the hand-out counts no more.
    Reinstated,
}

impl HandoutOutcome {
    /// Its number in `handouts.outcome`. Graph's numbers for device states, then our own; none of
    /// them is the number of a code state with another meaning.
    pub(in crate::store) const fn number(self) -> i16 {
        match self {
            Self::Device(state) => state.number(),
            Self::Released => CodeState::Quarantined.number(),
            Self::Reinstated => 10,
        }
    }

    /// The state of its code, unless the code was handed out again.
    pub(in crate::store) const fn of_code(self) -> CodeState {
        match self {
            Self::Device(state) => CodeState::HandedOut(state),
            Self::Released => CodeState::Quarantined,
            Self::Reinstated => CodeState::Free,
        }
    }

    pub(in crate::store) fn numbered(number: i16) -> Option<Self> {
        [Self::Released, Self::Reinstated]
            .into_iter()
            .find(|outcome| outcome.number() == number)
            .or_else(|| DeviceStateValue::numbered(number).map(Self::Device))
    }
}

// The numbers by name, to be formatted into SQL.
pub(in crate::store) const FREE: i16 = CodeState::Free.number();
pub(in crate::store) const HANDED_OUT_ELSEWHERE: i16 = CodeState::HandedOutElsewhere.number();
pub(in crate::store) const FAILED: i16 = DeviceStateValue::Failed.number();
pub(in crate::store) const DELETED: i16 = DeviceStateValue::Deleted.number();
pub(in crate::store) const INSTALLING: i16 = DeviceStateValue::Installing.number();
pub(in crate::store) const INSTALLED: i16 = DeviceStateValue::Installed.number();
pub(in crate::store) const RELEASED: i16 = HandoutOutcome::Released.number();
pub(in crate::store) const REINSTATED: i16 = HandoutOutcome::Reinstated.number();

#[cfg(test)]
mod tests {
    use super::HandoutOutcome;
    use crate::domain::DeviceStateValue;

    #[test]
    fn every_outcome_has_a_number_of_its_own() {
        let device = (0..8).filter_map(DeviceStateValue::numbered).map(HandoutOutcome::Device);
        let all = device.chain([HandoutOutcome::Released, HandoutOutcome::Reinstated]);
        for outcome in all {
            assert_eq!(HandoutOutcome::numbered(outcome.number()), Some(outcome));
        }
    }
}
