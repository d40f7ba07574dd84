//! QR codes of strings, rendered as SVG, as PNG, and as text for terminals. Depends on nothing.

mod png;
mod svg;
mod text;

use std::fmt;

use qrcode::bits::Bits;
use qrcode::{Color, EcLevel, QrCode, Version};

/// The margin that readers need, in modules (ISO/IEC 18004).
const QUIET_ZONE: usize = 4;

/// The dark and light modules of a QR code, including the quiet zone. They reveal the encoded string,
/// so `Debug` omits them.
#[derive(Clone, PartialEq, Eq)]
pub struct Qr {
    width: usize,
    dark: Vec<bool>,
}

impl Qr {
    /// The smallest QR code of a string at error correction level M, or `None` if the string is too
    /// long. A thousand bytes always fit.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let code = if text.is_ascii() {
            QrCode::with_error_correction_level(text, EcLevel::M).ok()?
        } else {
            in_utf8(text.as_bytes())?
        };
        let width = code.width() + 2 * QUIET_ZONE;
        let mut dark = vec![false; width * width];
        for (index, color) in code.to_colors().into_iter().enumerate() {
            let (x, y) = (index % code.width(), index / code.width());
            dark[(y + QUIET_ZONE) * width + x + QUIET_ZONE] = color == Color::Dark;
        }
        Some(Self { width, dark })
    }

    /// The rows from top to bottom, each from left to right; true for a dark module.
    fn rows(&self) -> impl Iterator<Item = &[bool]> {
        self.dark.chunks(self.width)
    }
}

/// A code that declares its encoding as UTF-8 (ECI 26). Without that, readers guess, and decode some
/// strings as Shift JIS.
fn in_utf8(data: &[u8]) -> Option<QrCode> {
    const UTF_8: u32 = 26;
    (1..=40).find_map(|version| {
        let mut bits = Bits::new(Version::Normal(version));
        bits.push_eci_designator(UTF_8).ok()?;
        bits.push_byte_data(data).ok()?;
        bits.push_terminator(EcLevel::M).ok()?;
        QrCode::with_bits(bits, EcLevel::M).ok()
    })
}

impl fmt::Debug for Qr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Qr({} modules wide)", self.width)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Qr;

    #[test]
    fn a_code_is_as_large_as_its_text_needs_with_the_quiet_zone_around_it() {
        // Twenty-five modules hold 26 bytes, or 38 capitals and digits, at level M; twenty-one 14.
        for (text, width) in [
            ("lpa:1$a.b.c$de", 21),
            ("LPA:1$a.example.com$x", 25),
            ("LPA:1$SMDP.EXAMPLE.COM$MATCH-000000-XX", 25),
            ("LPA:1$smdp.example.com$MATCH-000000-XX", 29),
        ] {
            let qr = Qr::of(text).expect("it fits");
            assert_eq!(qr.width, width + 8, "{text}");
            for (y, row) in qr.rows().enumerate() {
                let dark = |from: usize, to: usize| row[from..to].contains(&true);
                let inside = (4..width + 4).contains(&y);
                assert!(!dark(0, 4) && !dark(width + 4, width + 8), "{text}");
                assert_eq!(dark(4, width + 4), inside, "{text}");
            }
        }
    }

    #[test]
    fn a_text_that_is_too_long_has_no_code() {
        assert!(Qr::of(&"x".repeat(2331)).is_some());
        assert!(Qr::of(&"x".repeat(2332)).is_none());
        assert!(Qr::of(&"ä".repeat(1166)).is_none());
    }

    proptest! {
        #[test]
        fn an_activation_code_always_fits(text in "\\PC{0,259}", ascii in "[ -~]{0,259}") {
            prop_assert!(Qr::of(&text).is_some());
            prop_assert!(Qr::of(&ascii).is_some());
        }
    }
}
