//! The EID: the identifier of a device's eUICC (SGP.29).

/// Whether a string is an EID: 32 digits whose value modulo 97 is 1.
#[must_use]
pub fn is_eid(text: &str) -> bool {
    text.len() == 32
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && text.bytes().fold(0, |rest, byte| (rest * 10 + u32::from(byte - b'0')) % 97) == 1
}

#[cfg(test)]
mod tests {
    use super::is_eid;

    #[test]
    fn published_eids_are_valid_and_mistyped_ones_are_not() {
        for good in [
            "89882119900000000000000000001654",
            "89049032123451234512345678901235",
            "89086030202200000022000023022943",
        ] {
            assert!(is_eid(good), "{good}");
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
        }
    }
}
