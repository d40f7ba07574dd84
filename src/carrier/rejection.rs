//! Why a line holds no code, and what to do.

use crate::domain::{Invalid, Rejection};

/// A column as a rejection names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Iccid,
    MatchingId,
    Address,
    /// A whole activation code string.
    Lpa,
}

/// A field at fault.
pub(super) fn of_field(
    line: u32,
    place: usize,
    column: Column,
    value: &str,
    reason: &str,
    hint: &str,
) -> Rejection {
    Rejection {
        line,
        column: u32::try_from(place + 1).ok(),
        value: masked(column, value),
        reason: reason.to_owned(),
        hint: hint.to_owned(),
    }
}

/// A field that breaks a rule of codes.
pub(super) fn of_rule(
    line: u32,
    place: usize,
    column: Column,
    value: &str,
    invalid: &Invalid,
) -> Rejection {
    of_field(line, place, column, value, &invalid.reason, hint(column, value))
}

/// Enough of a value to find it by. What may be a secret, perhaps in the wrong column, is told by
/// its length alone.
fn masked(column: Column, value: &str) -> String {
    let length = value.chars().count();
    let shown = match column {
        Column::Iccid => value.chars().take(6).take_while(char::is_ascii_digit).count(),
        Column::Address if value.contains('.') => 60,
        Column::Address | Column::MatchingId | Column::Lpa => 0,
    };
    if length == 0 || (length <= shown && column == Column::Address) {
        return value.to_owned();
    }
    let begin: String = value.chars().take(shown).collect();
    format!("{begin}… ({length} characters)")
}

/// What usually brought a value into that form.
fn hint(column: Column, value: &str) -> &'static str {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    match column {
        Column::Iccid if value.is_empty() => "give every code its ICCID",
        Column::Iccid if digits == value.len() && digits == 18 => {
            "the check digit at the end is missing; ask the carrier for the whole number"
        }
        Column::Iccid if value.ends_with("0000") => {
            "a spreadsheet rounds long numbers and ends them with zeros; open the file as text"
        }
        Column::Iccid => {
            "compare it with the carrier's list; it begins with 89 and has 19 or 20 digits"
        }
        Column::MatchingId => "copy it from the carrier's list again, without blanks around it",
        Column::Address if value.contains("://") => {
            "write the host alone, without 'https://' before it"
        }
        Column::Address if value.contains(['/', ':']) => {
            "write the host alone, without a port or a path behind it"
        }
        Column::Address => "write the host of the SM-DP+ server, like smdp.example.com",
        Column::Lpa => "it is LPA:1$, the host, $, and the matching id; copy it again",
    }
}

/// A number that a spreadsheet has shortened, like 8.94E+18. Its digits are lost.
pub(super) fn is_rounded(value: &str) -> bool {
    let Some((mantissa, exponent)) = value.split_once(['E', 'e']) else { return false };
    let exponent = exponent.strip_prefix('+').unwrap_or(exponent);
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa = mantissa.replacen(['.', ','], "", 1);
    digits(exponent) && digits(&mantissa)
}

#[cfg(test)]
mod tests {
    use super::{Column, is_rounded, masked};

    #[test]
    fn rounded_numbers_are_told_from_hexadecimal_and_from_names() {
        for rounded in ["8.94E+18", "8,94723E+18", "8.94e18", "9E+18"] {
            assert!(is_rounded(rounded), "{rounded}");
        }
        for other in ["8944500102198304826", "E+18", "8.94E", "8.9.4E+18", "8.94E+", "ME2", ""] {
            assert!(!is_rounded(other), "{other}");
        }
    }

    #[test]
    fn no_secret_is_shown_and_an_iccid_only_in_part() {
        assert_eq!(masked(Column::MatchingId, "SECRET"), "… (6 characters)");
        assert_eq!(masked(Column::Lpa, "LPA:1$a$SECRET"), "… (14 characters)");
        assert_eq!(masked(Column::Iccid, "8944500102198304826"), "894450… (19 characters)");
        assert_eq!(masked(Column::Address, "https://x.com"), "https://x.com");
        assert_eq!(masked(Column::Iccid, ""), "");
        assert_eq!(masked(Column::Iccid, "8.94E+18"), "8… (8 characters)");
        // Columns that were mixed up.
        assert_eq!(masked(Column::Iccid, "SECRET"), "… (6 characters)");
        assert_eq!(masked(Column::Address, "SECRET"), "… (6 characters)");
    }
}
