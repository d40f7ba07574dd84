//! The ICCID: the number of a SIM profile (ITU-T E.118).

/// The number of a SIM profile. Not a secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Iccid(String);

impl Iccid {
    /// A number that was checked, or that nobody asked to check.
    pub(super) fn unchecked(text: String) -> Self {
        Self(text)
    }

    /// A number that was checked before it was stored.
    #[must_use]
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The digits, or whatever a lenient caller sent instead.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A number as it is found in the wild, in the form that Graph takes: without blanks, hyphens
    /// and the pad `F`, and with the digits of each byte in their order. (Cards store two digits a
    /// byte, the second one first: a dump of one begins with 98.) What is none of these is given
    /// back as it came.
    #[must_use]
    pub fn normalized(text: &str) -> String {
        let bare: String =
            text.chars().filter(|sign| !sign.is_whitespace() && *sign != '-').collect();
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

/// The number that a code is looked up by: as somebody says it, or normalized. A lenient caller's code
/// is stored as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoughtIccid {
    said: String,
    normalized: String,
}

impl SoughtIccid {
    /// The number that a text stands for.
    #[must_use]
    pub fn new(said: String) -> Self {
        let normalized = Iccid::normalized(&said);
        Self { said, normalized }
    }

    /// The numbers that may be meant: the text itself, then the same normalized.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let normalized =
            Some(self.normalized.as_str()).filter(|normalized| *normalized != self.said);
        std::iter::once(self.said.as_str()).chain(normalized)
    }

    /// Whether a code of that number may be meant.
    #[must_use]
    pub fn means(&self, iccid: &str) -> bool {
        iccid == self.said || iccid == self.normalized
    }
}

/// Each pair of signs the other way round; of an odd last one there is no other.
fn swapped(text: &str) -> String {
    let signs: Vec<char> = text.chars().collect();
    signs.chunks(2).flat_map(|pair| pair.iter().rev()).collect()
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Graph: `^[0-9]{19}[0-9]?$`
pub(super) fn is_iccid(text: &str) -> bool {
    matches!(text.len(), 19 | 20) && is_digits(text)
}

/// The check digit of ISO/IEC 7812 over a run of digits.
pub(super) fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, byte)| {
            let digit = u32::from(byte.wrapping_sub(b'0'));
            match (place % 2, digit) {
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
    use super::{Iccid, luhn};

    #[test]
    fn every_form_of_the_wild_becomes_the_one_that_graph_takes() {
        for (found, tidy) in [
            ("8944500102198304826", "8944500102198304826"),
            ("8944500102198304826F", "8944500102198304826"),
            ("8944500102198304826f", "8944500102198304826"),
            (" 8944 5001 0219 8304 826 ", "8944500102198304826"),
            ("8944-5001-0219-8304-826", "8944500102198304826"),
            ("984405102091384028F6", "8944500102198304826"),
            ("98440510209138402806", "89445001021983048260"),
            // Not a swapped one: the digits say so.
            ("9844051020913840280", "9844051020913840280"),
            ("8.94E+18", "8.94E+18"),
            ("FFFF", "FFFF"),
            ("Some value", "Some value"),
            ("", ""),
        ] {
            assert_eq!(Iccid::normalized(found), tidy, "{found}");
        }
    }

    #[test]
    fn a_mistyped_digit_is_found() {
        assert!(luhn("8944500102198304826"));
        for place in 0..19 {
            let mut digits: Vec<u8> = b"8944500102198304826".to_vec();
            digits[place] = b'0' + (digits[place] - b'0' + 1) % 10;
            assert!(!luhn(std::str::from_utf8(&digits).expect("digits")), "{place}");
        }
    }
}
