//! What a claim decides, whichever way it is executed.
//!
//! A claim reads facts under lock and asks [`decide`]. If a fact is missing, the answer names it:
//! the single path reads it and asks again, the batch leaves the claim to be retried alone.

use super::free_codes::CodeRow;
use crate::domain::{ClaimOutcome, CodeState, DeviceState, SoughtIccid, Told};

/// How often a claim is decided again after the ledger has refused a code: other claims may take codes
/// meanwhile that are in this pool as well.
const MAX_REFUSALS: u8 = 4;

/// What is known of something that may not exist.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Known<T> {
    #[default]
    Unread,
    Absent,
    Present(T),
}

impl<T> From<Option<T>> for Known<T> {
    fn from(read: Option<T>) -> Self {
        read.map_or(Self::Absent, Self::Present)
    }
}

impl<T> Known<T> {
    pub(super) fn as_ref(&self) -> Known<&T> {
        match self {
            Self::Unread => Known::Unread,
            Self::Absent => Known::Absent,
            Self::Present(value) => Known::Present(value),
        }
    }
}

/// What a claim has read, each fact under lock.
#[derive(Debug, Default)]
pub(super) struct Facts<'f> {
    /// The pool.
    pub(super) pool: Known<()>,
    /// The code that the device has, installing or installed.
    pub(super) held: Known<Held<'f>>,
    /// Whether several devices of the name that it tells have codes.
    pub(super) ambiguous: bool,
    /// A free code that is bound to the EID of the device.
    pub(super) bound: Known<&'f CodeRow>,
    /// The code that it would get: the one it asks for, or the next free one.
    pub(super) candidate: Known<&'f CodeRow>,
    /// A code of the pool that was handed out from another one.
    pub(super) elsewhere: Known<()>,
    /// Whether what the device has was read after the candidate was locked.
    pub(super) rechecked: bool,
    /// How often the ledger has refused a candidate.
    pub(super) refused: u8,
    /// Whether codes that look free and are in the ledger have been marked since it last did.
    pub(super) marked: bool,
}

/// A code that a device has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held<'f> {
    pub(super) code: &'f CodeRow,
    pub(super) device_state: &'f DeviceState,
    pub(super) told: Told,
}

/// What is to be done for a claim.
#[derive(Debug)]
pub(super) enum Decision<'f> {
    /// Read this fact, then decide again.
    Read(Fact),
    /// Read again what the device has: another request of the same device may have been faster.
    Recheck,
    /// Enter the candidate into the ledger and take it. If the ledger refuses it, decide again.
    Take(&'f CodeRow),
    /// Answer with the code that the device has, and store what is new of the device.
    Again(Held<'f>),
    /// Mark the codes that look free and are in the ledger, then decide again.
    Mark,
    Refuse(ClaimOutcome),
    /// The ledger refuses codes faster than they are marked.
    GiveUp,
}

/// A fact that a claim may have to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fact {
    Pool,
    Held,
    Bound,
    Candidate,
    Elsewhere,
}

/// Decides a claim by what was read. `wanted` is the ICCID that the device asks for, if it does, and
/// `eid` its EID, if it gives one.
pub(super) fn decide<'f>(
    wanted: Option<&SoughtIccid>,
    eid: Option<&str>,
    facts: &Facts<'f>,
) -> Decision<'f> {
    match facts.pool {
        Known::Unread => return Decision::Read(Fact::Pool),
        Known::Absent => return Decision::Refuse(ClaimOutcome::NoPool),
        Known::Present(()) => {}
    }
    if facts.ambiguous {
        return Decision::Refuse(ClaimOutcome::AmbiguousName);
    }
    match facts.held {
        Known::Unread => return Decision::Read(Fact::Held),
        Known::Present(Held { device_state, told: Told::AnotherName, .. }) => {
            let name = device_state.details.device_name.clone().unwrap_or_default();
            return Decision::Refuse(ClaimOutcome::DeviceNamedOtherwise(name));
        }
        Known::Present(held) => {
            let fits = wanted.is_none_or(|iccid| iccid.matches(&held.code.iccid));
            return if fits {
                Decision::Again(held)
            } else {
                Decision::Refuse(ClaimOutcome::DeviceHasAnother(state_of(held.code)))
            };
        }
        Known::Absent => {}
    }
    if facts.refused > 0 {
        // Another request was faster, or the code was handed out from another pool.
        match (wanted, facts.marked) {
            // Its row is locked: no claim has taken it in this pool.
            (Some(_), _) => {
                return Decision::Refuse(ClaimOutcome::IccidNotFree(CodeState::HandedOutElsewhere));
            }
            (None, _) if facts.refused > MAX_REFUSALS => return Decision::GiveUp,
            (None, false) => return Decision::Mark,
            (None, true) => {}
        }
    }
    if let (None, Some(_)) = (wanted, eid) {
        match facts.bound {
            Known::Unread => return Decision::Read(Fact::Bound),
            Known::Present(code) => return Decision::Take(code),
            Known::Absent => {}
        }
    }
    let is_for_another =
        |code: &CodeRow| code.bound_eid.as_deref().is_some_and(|it| Some(it) != eid);
    match (facts.candidate, wanted) {
        (Known::Unread, _) => Decision::Read(Fact::Candidate),
        (Known::Present(code), _) if is_for_another(code) => {
            Decision::Refuse(ClaimOutcome::BoundToAnother)
        }
        (Known::Present(code), _) if code.state == CodeState::Free.number() => Decision::Take(code),
        (Known::Present(_), _) if !facts.rechecked => Decision::Recheck,
        (Known::Present(code), _) => Decision::Refuse(ClaimOutcome::IccidNotFree(state_of(code))),
        (Known::Absent, Some(_)) => Decision::Refuse(ClaimOutcome::NoSuchIccid),
        (Known::Absent, None) => match facts.elsewhere {
            Known::Unread => Decision::Read(Fact::Elsewhere),
            Known::Present(()) => Decision::Refuse(ClaimOutcome::AllHandedOutElsewhere),
            Known::Absent => Decision::Refuse(ClaimOutcome::NoFreeCode),
        },
    }
}

fn state_of(code: &CodeRow) -> CodeState {
    CodeState::numbered(code.state).unwrap_or(CodeState::Quarantined)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::{CodeRow, Decision, Facts, Held, Known, Told, decide};
    use crate::domain::{
        ClaimOutcome, CodeState, DeviceDetails, DeviceState, DeviceStateValue, IdGenerator,
        SoughtIccid, Timestamp,
    };

    fn code(iccid: &str, state: CodeState) -> CodeRow {
        CodeRow {
            key_id: 1,
            position: 3,
            id: Uuid::nil(),
            iccid: iccid.to_owned(),
            smdp_address: String::new(),
            matching_id: Vec::new(),
            fingerprint: Vec::new(),
            state: state.number(),
            code_tail: None,
            confirmation_code: None,
            bound_eid: None,
        }
    }

    fn device_state() -> DeviceState {
        let at = Timestamp::from_micros(0);
        let details = DeviceDetails {
            last_sync_at: None,
            eid: None,
            device_name: Some("phone".to_owned()),
            user_name: None,
            state: DeviceStateValue::Installing,
            state_details: None,
        };
        let id = IdGenerator::counting().next();
        DeviceState { id, created_at: at, modified_at: at, details, revision: 1 }
    }

    fn name(decision: &Decision<'_>) -> String {
        match decision {
            Decision::Read(fact) => format!("read {fact:?}"),
            Decision::Take(code) => format!("take {}", code.iccid),
            Decision::Again(held) => format!("again {}", held.code.iccid),
            Decision::Recheck => "recheck".to_owned(),
            Decision::Mark => "mark".to_owned(),
            Decision::GiveUp => "give up".to_owned(),
            Decision::Refuse(outcome) => match outcome {
                ClaimOutcome::Claimed(_) => unreachable!("no refusal"),
                outcome => format!("refuse {outcome:?}"),
            },
        }
    }

    #[test]
    fn every_state_of_knowledge_has_one_decision() {
        let installing = CodeState::HandedOut(DeviceStateValue::Installing);
        let (a, b) = (code("A", CodeState::Free), code("B", installing));
        let state = device_state();
        let by = |told| Known::Present(Held { code: &b, device_state: &state, told });
        let held = by(Told::Known);
        let [free, taken] = [&a, &b].map(Known::Present);
        let pool = Known::Present(());
        let start = || Facts { pool, held: Known::Absent, ..Facts::default() };
        let cases = [
            // Asked for, what is known, the decision.
            ("", Facts::default(), "read Pool"),
            ("", Facts { pool: Known::Absent, ..Facts::default() }, "refuse NoPool"),
            ("", Facts { pool, ..Facts::default() }, "read Held"),
            ("", Facts { pool, held, ..Facts::default() }, "again B"),
            ("B", Facts { pool, held, ..Facts::default() }, "again B"),
            ("", Facts { pool, held: by(Told::More), ..Facts::default() }, "again B"),
            (
                "A",
                Facts { pool, held: by(Told::AnotherName), ..Facts::default() },
                "refuse DeviceNamedOtherwise(\"phone\")",
            ),
            ("", Facts { pool, ambiguous: true, ..Facts::default() }, "refuse AmbiguousName"),
            (
                "A",
                Facts { pool, held, ..Facts::default() },
                "refuse DeviceHasAnother(HandedOut(Installing))",
            ),
            ("", start(), "read Candidate"),
            ("A", start(), "read Candidate"),
            ("", Facts { candidate: free, ..start() }, "take A"),
            ("A", Facts { candidate: free, ..start() }, "take A"),
            ("B", Facts { candidate: taken, ..start() }, "recheck"),
            (
                "B",
                Facts { candidate: taken, rechecked: true, ..start() },
                "refuse IccidNotFree(HandedOut(Installing))",
            ),
            ("B", Facts { candidate: taken, rechecked: true, held, ..start() }, "again B"),
            ("C", Facts { candidate: Known::Absent, ..start() }, "refuse NoSuchIccid"),
            ("", Facts { candidate: Known::Absent, ..start() }, "read Elsewhere"),
            (
                "",
                Facts { candidate: Known::Absent, elsewhere: Known::Absent, ..start() },
                "refuse NoFreeCode",
            ),
            (
                "",
                Facts { candidate: Known::Absent, elsewhere: Known::Present(()), ..start() },
                "refuse AllHandedOutElsewhere",
            ),
            // The ledger has refused a candidate: what was read of device and code is read again.
            ("", Facts { pool, refused: 1, ..Facts::default() }, "read Held"),
            ("", Facts { held, refused: 1, ..start() }, "again B"),
            ("A", Facts { refused: 1, ..start() }, "refuse IccidNotFree(HandedOutElsewhere)"),
            ("", Facts { refused: 1, ..start() }, "mark"),
            ("", Facts { refused: 1, marked: true, ..start() }, "read Candidate"),
            ("", Facts { refused: 1, marked: true, candidate: free, ..start() }, "take A"),
            ("", Facts { refused: 2, ..start() }, "mark"),
            ("", Facts { refused: 5, ..start() }, "give up"),
        ];
        for (wanted, facts, expected) in cases {
            let wanted = (!wanted.is_empty()).then(|| SoughtIccid::new(wanted.to_owned()));
            let decision = decide(wanted.as_ref(), None, &facts);
            assert_eq!(name(&decision), expected, "{wanted:?} {facts:?}");
        }
    }

    #[test]
    fn a_code_that_is_bound_to_an_eid_goes_to_it_alone_and_first() {
        let mut bound = code("A", CodeState::Free);
        bound.bound_eid = Some("1".to_owned());
        let free = code("B", CodeState::Free);
        let start = || Facts { pool: Known::Present(()), held: Known::Absent, ..Facts::default() };
        let [mine, next] = [&bound, &free].map(Known::Present);
        let none = || Facts { bound: Known::Absent, ..start() };
        for (wanted, eid, facts, expected) in [
            // Asked for, the EID, what is known, the decision.
            ("", Some("1"), start(), "read Bound"),
            ("", Some("1"), Facts { bound: mine, ..start() }, "take A"),
            ("", Some("1"), none(), "read Candidate"),
            ("", Some("1"), Facts { candidate: next, ..none() }, "take B"),
            ("", None, start(), "read Candidate"),
            ("A", Some("1"), start(), "read Candidate"),
            ("A", Some("1"), Facts { candidate: mine, ..start() }, "take A"),
            ("A", Some("2"), Facts { candidate: mine, ..start() }, "refuse BoundToAnother"),
            ("A", None, Facts { candidate: mine, ..start() }, "refuse BoundToAnother"),
            ("B", Some("2"), Facts { candidate: next, ..start() }, "take B"),
        ] {
            let wanted = (!wanted.is_empty()).then(|| SoughtIccid::new(wanted.to_owned()));
            let decision = decide(wanted.as_ref(), eid, &facts);
            assert_eq!(name(&decision), expected, "{wanted:?} {eid:?} {facts:?}");
        }
    }
}
