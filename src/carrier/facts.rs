//! What a file says of a code beside the code: its state, its device, and the rest.

use super::columns::CsvColumn;
use super::header::FactColumns;
use super::rejection::{Fault, checked};
use crate::domain::{
    ActivationCode, ActivationCodeString, ConfirmationCode, DeviceStateValue, ImportedCode,
    PriorUse, Rules, Timestamp, check_imported_text, imported_eid,
};

/// The words for each state, in lower case and without anything but letters.
const STATES: &[(Option<DeviceStateValue>, &[&str])] = &[
    (
        None,
        &[
            "",
            "available",
            "free",
            "unused",
            "new",
            "ready",
            "released",
            "confirmed",
            "linked",
            "instock",
            "stock",
            "inventory",
            "unassigned",
            "notassigned",
            "notinstalled",
            "notevaluated",
            "inactive",
            "notactivated",
            "open",
            "no",
            "n",
            "false",
        ],
    ),
    (
        Some(DeviceStateValue::Installing),
        &[
            "installing",
            "assigned",
            "allocated",
            "reserved",
            "issued",
            "sent",
            "downloading",
            "pending",
        ],
    ),
    (
        Some(DeviceStateValue::Installed),
        &[
            "installed",
            "active",
            "activated",
            "used",
            "inuse",
            "enabled",
            "disabled",
            "downloaded",
            "consumed",
            "redeemed",
            "claimed",
            "yes",
            "y",
            "true",
        ],
    ),
    (Some(DeviceStateValue::Deleting), &["deleting"]),
    (
        Some(DeviceStateValue::Deleted),
        &[
            "deleted",
            "removed",
            "expired",
            "terminated",
            "deactivated",
            "cancelled",
            "canceled",
            "revoked",
            "blocked",
            "suspended",
            "unavailable",
            "quarantined",
            "handedoutelsewhere",
        ],
    ),
    (Some(DeviceStateValue::Failed), &["failed"]),
    (Some(DeviceStateValue::Error), &["error"]),
    (Some(DeviceStateValue::RemovedByUser), &["removedbyuser"]),
];

/// The state that a word means; `None` if it is none.
#[expect(clippy::option_option, reason = "a word that is none differs from one of a free code")]
fn state_of(word: &str) -> Option<Option<DeviceStateValue>> {
    let letters = word.chars().filter(|character| character.is_alphabetic());
    let bare: String = letters.flat_map(char::to_lowercase).collect();
    if bare.is_empty() && !word.trim().is_empty() {
        return None;
    }
    STATES.iter().find(|(_, words)| words.contains(&bare.as_str())).map(|(state, _)| *state)
}

/// Reads a fact that may be absent, or empty.
fn fact<'f>(
    fields: &'f [String],
    column: CsvColumn,
    index: Option<usize>,
    rules: &Rules,
) -> Result<Option<(usize, &'f str)>, Fault<'f>> {
    let Some(index) = index else { return Ok(None) };
    let value = match column {
        // Text of people may hold anything, and line breaks.
        CsvColumn::Label | CsvColumn::DeviceName | CsvColumn::UserName => {
            fields.get(index).map_or("", String::as_str)
        }
        _ => checked(fields, column, index)?,
    };
    check_imported_text(value, rules)
        .map_err(|invalid| Fault::of_rule(index, column, value, invalid))?;
    Ok((!value.is_empty()).then_some((index, value)))
}

/// A code with what the file says of it.
pub(super) fn with_facts<'f>(
    mut code: ActivationCode,
    fields: &'f [String],
    columns: &FactColumns,
    whole: bool,
    rules: &Rules,
) -> Result<ImportedCode, Fault<'f>> {
    let text = |column, index| fact(fields, column, index, rules);
    let own = |found: Option<(usize, &str)>| found.map(|(_, value)| value.to_owned());
    let confirmation = text(CsvColumn::ConfirmationCode, columns.confirmation_code)?;
    let oid = text(CsvColumn::Oid, columns.oid)?;
    if whole {
        let says = code.tail.split('$').nth(1).unwrap_or_default();
        if let Some((index, oid)) = oid
            && oid != says
        {
            return Err(Fault::of_contradiction(index, CsvColumn::Oid, oid));
        }
    } else {
        let oid_text = oid.map_or("", |(_, oid)| oid);
        code.tail = ActivationCodeString::tail_of(oid_text, confirmation.is_some());
    }
    if let Some((index, oid)) = oid
        && !oid.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    {
        let hint = "an object identifier is digits and dots, such as 1.3.6.1.4.1.31746";
        return Err(Fault::of_field(
            index,
            CsvColumn::Oid,
            oid,
            "is not an object identifier",
            hint,
        ));
    }
    code.confirmation_code = own(confirmation).map(ConfirmationCode::stored);

    let label = own(text(CsvColumn::Label, columns.label)?);
    let device_name = own(text(CsvColumn::DeviceName, columns.device_name)?);
    let user_name = own(text(CsvColumn::UserName, columns.user_name)?);
    let eid = match text(CsvColumn::Eid, columns.eid)? {
        None => None,
        Some((index, value)) => Some(imported_eid(value).map_err(|reason| {
            let hint = "copy the EID from the device or its box, with all 32 digits";
            Fault::of_field(index, CsvColumn::Eid, value, reason, hint)
        })?),
    };
    let at = match text(CsvColumn::Date, columns.date)? {
        None => None,
        Some((index, value)) => Some(Timestamp::parse_table_date(value).ok_or_else(|| {
            let reason = "is not a date that can be read unambiguously";
            Fault::of_field(index, CsvColumn::Date, value, reason, "write it as 2026-01-31")
        })?),
    };
    let (stated, state) = match text(CsvColumn::State, columns.state)? {
        None => (false, None),
        Some((index, word)) => {
            let state = state_of(word).ok_or_else(|| {
                let hint = "write available, or one of Graph's states, such as installed";
                let reason = "is a state that is not understood";
                Fault::of_field(index, CsvColumn::State, word, reason, hint)
            })?;
            (true, state)
        }
    };
    let state = match (state, &device_name, &eid) {
        (Some(state), ..) => Some(state),
        // It waits for the device that is named, or has been given to it.
        (None, Some(_), None) if stated => Some(DeviceStateValue::Installing),
        (None, Some(_), _) if !stated => Some(DeviceStateValue::Installed),
        _ => None,
    };
    let (used, bound_eid) = if let Some(state) = state {
        (Some(PriorUse { state, device_name, eid, user_name, at }), None)
    } else {
        no_use(fields, columns)?;
        (None, eid)
    };
    Ok(ImportedCode { code, bound_eid, used, label })
}

/// Checks that nothing is said of the use of a code that is not used. It would be lost, and a code that
/// device has would be free.
fn no_use<'f>(fields: &'f [String], columns: &FactColumns) -> Result<(), Fault<'f>> {
    let of_use = [(CsvColumn::UserName, columns.user_name), (CsvColumn::Date, columns.date)];
    for (column, index) in of_use {
        if let Some(index) = index
            && let Some(value) = fields.get(index).filter(|value| !value.is_empty())
        {
            let hint =
                "say its state as well, such as installed, or name the column in ignoreColumns";
            let reason = "tells of a use of the code, and the line does not say that it is used";
            return Err(Fault::of_field(index, column, value.as_str(), reason, hint));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{DeviceStateValue, STATES, state_of};

    #[test]
    fn each_word_means_one_state() {
        let mut words: Vec<_> = STATES.iter().flat_map(|(_, words)| *words).collect();
        let count = words.len();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), count);
        assert_eq!(state_of("INSTALLED"), Some(Some(DeviceStateValue::Installed)));
        assert_eq!(state_of("In use"), Some(Some(DeviceStateValue::Installed)));
        assert_eq!(state_of("removed_by-user"), Some(Some(DeviceStateValue::RemovedByUser)));
        for free in ["Available", "not evaluated", "In Stock", ""] {
            assert_eq!(state_of(free), Some(None), "{free}");
        }
        for none in ["2", "-", "somewhere"] {
            assert_eq!(state_of(none), None, "{none}");
        }
    }
}
