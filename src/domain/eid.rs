//! The EID: the identifier of a device's eUICC (SGP.29).

use super::Invalid;

/// What Graph's reference has in the place of an EID. Lenient validation takes the examples of the
/// reference as they are.
const EXAMPLE: &str = "Universal Integrated Circuit Card Identifier value";

/// Whether a string is an EID: 32 digits whose value modulo 97 is 1.
#[must_use]
pub fn is_eid(text: &str) -> bool {
    is_32_digits(text)
        && text.bytes().fold(0, |rest, byte| (rest * 10 + u32::from(byte - b'0')) % 97) == 1
}

fn is_32_digits(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The 32 digits of an EID that may be written with spaces and hyphens.
///
/// # Errors
/// The reason, as the end of a sentence that starts with the value.
pub(super) fn checked_eid(text: &str) -> Result<String, &'static str> {
    let kept = |character: &char| !character.is_whitespace() && *character != '-';
    let bare: String = text.chars().filter(kept).collect();
    if is_eid(&bare) {
        Ok(bare)
    } else if is_32_digits(&bare) {
        Err("is not an EID: its check digits are wrong, so that one of its digits is mistyped")
    } else if is_rounded(&bare) {
        Err(
            "is not an EID but a number that a spreadsheet has rounded: read the EID from the device \
             again",
        )
    } else {
        Err("is not an EID: it must be 32 digits; leave it out if it is not known")
    }
}

/// Checks the EID of a device, and gives it in its one form. A string of nothing but space stays as it
/// is: it counts as none. `example`: whether the reference's placeholder is taken.
pub(super) fn check_eid(name: &str, eid: String, example: bool) -> Result<String, Invalid> {
    if eid.trim().is_empty() || (example && eid == EXAMPLE) {
        return Ok(eid);
    }
    checked_eid(&eid).map_err(|reason| Invalid::new(name, reason))
}

/// Whether a field is a number that a spreadsheet has rounded, such as 8.94E+18.
#[must_use]
pub fn is_rounded(value: &str) -> bool {
    let Some((mantissa, exponent)) = value.split_once(['E', 'e']) else { return false };
    let exponent = exponent.strip_prefix('+').unwrap_or(exponent);
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa = mantissa.replacen(['.', ','], "", 1);
    digits(exponent) && digits(&mantissa)
}

#[cfg(test)]
mod tests {
    use super::{check_eid, checked_eid, is_eid, is_rounded};

    const EID: &str = "89049032123451234512345678901235";

    #[test]
    fn published_eids_are_valid_and_mistyped_ones_are_not() {
        for good in ["89882119900000000000000000001654", EID, "89086030202200000022000023022943"] {
            assert!(is_eid(good), "{good}");
            assert_eq!(checked_eid(good).as_deref(), Ok(good));
        }
        for bad in [
            "89049032123451234512345678901234",
            "89086030202200000022000023022290",
            "8904903212345123451234567890123",
            "890490321234512345123456789012356",
            "8904903212345123451234567890123X",
            "",
        ] {
            assert!(!is_eid(bad), "{bad}");
            assert!(checked_eid(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_eid_may_be_grouped_and_what_is_none_is_refused_with_the_reason() {
        for grouped in
            ["89049032 12345123 45123456 78901235", " 8904-9032-1234-5123-4512-3456-7890-1235 "]
        {
            assert_eq!(checked_eid(grouped).as_deref(), Ok(EID));
        }
        for (text, reason) in [
            ("8.9049E+31", "rounded"),
            ("8,9E+31", "rounded"),
            ("N/A", "leave it out"),
            ("-", "leave it out"),
            ("89049032123451234512345678901234", "check digits"),
        ] {
            assert!(checked_eid(text).is_err_and(|said| said.contains(reason)), "{text}");
        }
    }

    #[test]
    fn the_placeholder_of_the_reference_is_taken_only_where_it_may_be() {
        const PLACEHOLDER: &str = "Universal Integrated Circuit Card Identifier value";
        assert!(check_eid("eid", PLACEHOLDER.to_owned(), true).is_ok());
        assert!(check_eid("eid", PLACEHOLDER.to_owned(), false).is_err());
        assert_eq!(check_eid("eid", " ".to_owned(), false), Ok(" ".to_owned()));
    }

    #[test]
    fn rounded_numbers_are_distinguished_from_hexadecimal_and_from_names() {
        for rounded in ["8.94E+18", "8,94723E+18", "8.94e18", "9E+18"] {
            assert!(is_rounded(rounded), "{rounded}");
        }
        for other in ["8944500102198304826", "E+18", "8.94E", "8.9.4E+18", "8.94E+", "ME2", ""] {
            assert!(!is_rounded(other), "{other}");
        }
    }
}
