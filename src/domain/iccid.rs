//! The ICCID: the number of a SIM profile (ITU-T E.118).

/// The number of a SIM profile. Not a secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Iccid(String);

impl Iccid {
    /// A number that has been checked, or that lenient validation accepts unchecked.
    pub(super) fn unchecked(text: String) -> Self {
        Self(text)
    }

    /// A number from the database, which was checked before it was stored.
    #[must_use]
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The digits, or any other string that lenient validation accepted.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The ICCID in Graph's form: without spaces, hyphens and the padding digit `F`, and with
    /// swapped nibbles swapped back. (Cards store two digits in a byte, the second one first, so a
    /// dump of a card starts with 98.) Any other string is returned unchanged.
    #[must_use]
    pub fn normalized(text: &str) -> String {
        let bare: String = text
            .chars()
            .filter(|character| !character.is_whitespace() && *character != '-')
            .collect();
        let is_padded_digits = |text: &str| {
            let digits = text.trim_end_matches(['F', 'f']);
            text.len() - digits.len() <= 1 && is_digits(digits)
        };
        let swapped = swapped(&bare);
        let whole_bytes = bare.len().is_multiple_of(2);
        if whole_bytes && swapped.starts_with("89") && is_padded_digits(&swapped) {
            return swapped.trim_end_matches(['F', 'f']).to_owned();
        }
        if is_padded_digits(&bare) {
            return bare.trim_end_matches(['F', 'f']).to_owned();
        }
        text.to_owned()
    }
}

/// An ICCID to look a code up by. It matches as it was given and normalized, because lenient
/// validation stores an ICCID as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoughtIccid {
    given: String,
    normalized: String,
}

impl SoughtIccid {
    /// The lookup of an ICCID in any form.
    #[must_use]
    pub fn new(given: String) -> Self {
        let normalized = Iccid::normalized(&given);
        Self { given, normalized }
    }

    /// The ICCIDs that match: as given, then normalized if that differs.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let normalized = Some(self.normalized.as_str()).filter(|text| *text != self.given);
        std::iter::once(self.given.as_str()).chain(normalized)
    }

    /// Whether a stored ICCID matches.
    #[must_use]
    pub fn matches(&self, iccid: &str) -> bool {
        iccid == self.given || iccid == self.normalized
    }
}

/// Swaps each pair of characters; an odd last one stays.
fn swapped(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    characters.chunks(2).flat_map(|pair| pair.iter().rev()).collect()
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Graph's pattern: `^[0-9]{19}[0-9]?$`
pub(super) fn is_iccid(text: &str) -> bool {
    matches!(text.len(), 19 | 20) && is_digits(text)
}

/// Whether the last digit is the check digit of the others (Luhn's formula, ISO/IEC 7812).
pub(super) fn has_valid_check_digit(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(index, byte)| {
            let digit = u32::from(byte.wrapping_sub(b'0'));
            match (index % 2, digit) {
                (0, digit) => digit,
                (_, digit) if digit < 5 => digit * 2,
                (_, digit) => digit * 2 - 9,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::{Iccid, has_valid_check_digit};

    #[test]
    fn every_known_form_is_normalized_to_graphs() {
        for (given, normalized) in [
            ("8944500102198304826", "8944500102198304826"),
            ("8944500102198304826F", "8944500102198304826"),
            ("8944500102198304826f", "8944500102198304826"),
            (" 8944 5001 0219 8304 826 ", "8944500102198304826"),
            ("8944-5001-0219-8304-826", "8944500102198304826"),
            ("984405102091384028F6", "8944500102198304826"),
            ("98440510209138402806", "89445001021983048260"),
            // Not swapped: the other order does not start with 89.
            ("9844051020913840280", "9844051020913840280"),
            ("8.94E+18", "8.94E+18"),
            ("FFFF", "FFFF"),
            ("Some value", "Some value"),
            ("", ""),
        ] {
            assert_eq!(Iccid::normalized(given), normalized, "{given}");
        }
    }

    #[test]
    fn a_mistyped_digit_is_detected() {
        assert!(has_valid_check_digit("8944500102198304826"));
        for index in 0..19 {
            let mut digits: Vec<u8> = b"8944500102198304826".to_vec();
            digits[index] = b'0' + (digits[index] - b'0' + 1) % 10;
            let digits = std::str::from_utf8(&digits).expect("digits");
            assert!(!has_valid_check_digit(digits), "{index}");
        }
    }
}
