//! LPA activation code strings, which QR codes encode and people type (SGP.22 section 4.1).
//!
//! `[LPA:]1$<SM-DP+ address>$<matching id>[$<SM-DP+ OID>[$<confirmation-code flag>]]`

use std::fmt;

use super::ActivationCode;

/// An activation code string. What follows the matching id is kept letter for letter.
#[derive(Clone, PartialEq, Eq)]
pub struct ActivationCodeString {
    /// The host that serves the profile (SM-DP+).
    pub address: String,
    /// The secret; empty if the server chooses the profile.
    pub matching_id: String,
    /// What follows the matching id: nothing, or a `$` and the server's object identifier, perhaps
    /// another `$` and the confirmation code flag. Devices ignore anything after that.
    pub tail: String,
}

/// Why a string is not an activation code string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseActivationCodeError {
    /// The first field is not 1, the number of the format.
    #[error("does not start with '1$' or 'LPA:1$'")]
    UnknownFormat,
    /// The SM-DP+ address is missing.
    #[error("has no SM-DP+ address after '1$'")]
    MissingAddress,
    /// The second `$` is missing.
    #[error("has no '$' after the address: the matching id is missing")]
    MissingMatchingId,
    /// The confirmation code flag is neither absent, empty nor 1.
    #[error("has a confirmation code flag that is not 1")]
    InvalidConfirmationFlag,
}

impl ActivationCodeString {
    /// The string of a code; `None` if the address is empty, or a field contains `$` or a control
    /// character.
    #[must_use]
    pub fn of(code: &ActivationCode) -> Option<Self> {
        let breaks = |field: &str| field.contains('$') || field.chars().any(char::is_control);
        let (address, matching_id) = (code.smdp_address.as_str(), code.matching_id.expose());
        if address.is_empty() || breaks(address) || breaks(matching_id) {
            return None;
        }
        let (address, matching_id) = (address.to_owned(), matching_id.to_owned());
        Some(Self { address, matching_id, tail: code.tail.clone() })
    }

    /// The server's object identifier, if the device must check it.
    #[must_use]
    pub fn oid(&self) -> Option<&str> {
        self.tail.split('$').nth(1).filter(|oid| !oid.is_empty())
    }

    /// Whether the device asks for a confirmation code, which is never part of the string.
    #[must_use]
    pub fn asks_for_confirmation(&self) -> bool {
        self.tail.split('$').nth(2) == Some("1")
    }

    /// What follows the matching id in the string of a code with these fields.
    #[must_use]
    pub fn tail_of(oid: &str, confirmation: bool) -> String {
        match (oid, confirmation) {
            ("", false) => String::new(),
            (oid, false) => format!("${oid}"),
            (oid, true) => format!("${oid}$1"),
        }
    }

    /// Parses a string with or without the prefix `LPA:` in any letter case, and ignores space
    /// around it.
    pub fn parse(text: &str) -> Result<Self, ParseActivationCodeError> {
        let text = text.trim();
        let bare = match text.get(..4) {
            Some(scheme) if scheme.eq_ignore_ascii_case("LPA:") => text[4..].trim_start(),
            _ => text,
        };
        let mut fields = bare.splitn(4, '$');
        if fields.next() != Some("1") {
            return Err(ParseActivationCodeError::UnknownFormat);
        }
        let address = fields.next().filter(|address| !address.is_empty());
        let address = address.ok_or(ParseActivationCodeError::MissingAddress)?.to_owned();
        let matching_id =
            fields.next().ok_or(ParseActivationCodeError::MissingMatchingId)?.to_owned();
        let tail = fields.next().map_or_else(String::new, |rest| format!("${rest}"));
        match tail.split('$').nth(2) {
            None | Some("" | "1") => Ok(Self { address, matching_id, tail }),
            Some(_) => Err(ParseActivationCodeError::InvalidConfirmationFlag),
        }
    }

    /// The string without `LPA:`. It includes the secret.
    #[must_use]
    pub fn expose(&self) -> String {
        format!("1${}${}{}", self.address, self.matching_id, self.tail)
    }

    /// The content of a QR code: the string with the prefix `LPA:`. It includes the secret.
    #[must_use]
    pub fn expose_for_qr(&self) -> String {
        format!("LPA:{}", self.expose())
    }
}

/// Whether a text is an activation code string, or contains one with its prefix, whose other parts may
/// be wrong: the secret is what follows the second `$`.
pub(super) fn contains_code_string(text: &str) -> bool {
    const PREFIX: &[u8] = b"LPA:";
    if !text.contains('$') {
        return false;
    }
    let fields = |text: &str| {
        let (format, rest) = text.split_once('$')?;
        let (address, _) = rest.split_once('$')?;
        (format.trim() == "1").then(|| address.to_owned())
    };
    // Without the prefix, '1$ or 2$' is not one.
    let is_bare = fields(text).is_some_and(|it| it.contains('.') && !it.contains(' '));
    let mut windows = text.as_bytes().windows(PREFIX.len()).enumerate();
    is_bare
        || windows.any(|(at, window)| {
            window.eq_ignore_ascii_case(PREFIX) && fields(&text[at + PREFIX.len()..]).is_some()
        })
}

impl fmt::Debug for ActivationCodeString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ActivationCodeString({}, …)", self.address)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{ActivationCodeString, ParseActivationCodeError, contains_code_string};

    fn code(matching_id: &str, oid: Option<&str>, confirmation: bool) -> ActivationCodeString {
        ActivationCodeString {
            address: "SMDP.GSMA.COM".to_owned(),
            matching_id: matching_id.to_owned(),
            tail: ActivationCodeString::tail_of(oid.unwrap_or_default(), confirmation),
        }
    }

    #[test]
    fn the_examples_of_the_specification_are_parsed_and_printed() {
        const ID: &str = "04386-AGYFT-A74Y8-3F815";
        const OID: &str = "1.3.6.1.4.1.31746";
        for (text, expected) in [
            ("1$SMDP.GSMA.COM$04386-AGYFT-A74Y8-3F815", code(ID, None, false)),
            ("1$SMDP.GSMA.COM$04386-AGYFT-A74Y8-3F815$$1", code(ID, None, true)),
            (
                "1$SMDP.GSMA.COM$04386-AGYFT-A74Y8-3F815$1.3.6.1.4.1.31746$1",
                code(ID, Some(OID), true),
            ),
            (
                "1$SMDP.GSMA.COM$04386-AGYFT-A74Y8-3F815$1.3.6.1.4.1.31746",
                code(ID, Some(OID), false),
            ),
            ("1$SMDP.GSMA.COM$$1.3.6.1.4.1.31746", code("", Some(OID), false)),
        ] {
            let parsed = ActivationCodeString::parse(text);
            assert!(parsed.as_ref() == Ok(&expected), "{text}");
            assert_eq!(expected.expose(), text);
            for spelling in [format!("LPA:{text}"), format!(" lpa:{text}\n")] {
                let again = ActivationCodeString::parse(&spelling);
                assert!(again.as_ref() == Ok(&expected), "{spelling}");
            }
            // What follows the fields is kept, and means nothing.
            for spelling in [format!("{text}$"), format!("{text}$$$later")] {
                let Ok(again) = ActivationCodeString::parse(&spelling) else { continue };
                assert_eq!(again.expose(), spelling);
                assert_eq!(again.oid(), expected.oid());
            }
        }
    }

    #[test]
    fn a_string_that_is_no_activation_code_is_rejected_with_the_reason() {
        use ParseActivationCodeError::{
            InvalidConfirmationFlag, MissingAddress, MissingMatchingId, UnknownFormat,
        };
        for (text, error) in [
            ("", UnknownFormat),
            ("2$a.example.com$x", UnknownFormat),
            ("LPA:a.example.com$x", UnknownFormat),
            ("a.example.com$x", UnknownFormat),
            ("1$", MissingAddress),
            ("1$$x", MissingAddress),
            ("LPA:1$a.example.com", MissingMatchingId),
            ("1$a.example.com$x$$2", InvalidConfirmationFlag),
            ("ä", UnknownFormat),
        ] {
            assert!(ActivationCodeString::parse(text) == Err(error), "{text}");
        }
    }

    #[test]
    fn an_activation_code_is_noticed_inside_of_other_texts() {
        for text in [
            "LPA:1$smdp.example.com$SECRET",
            "lpa:1$smdp.example.com$SECRET$$1",
            "for Anna: LPA: 1$smdp.example.com$SECRET",
            "\u{e4}LPA:1$$SECRET",
            "1$smdp.example.com$SECRET",
            " 1$smdp.example.com$",
        ] {
            assert!(contains_code_string(text), "{text}");
        }
        for text in ["", "$", "LPA:", "LPA:1", "1$ or 2$", "A$AP", "US$1$", "2$a.example.com$x"] {
            assert!(!contains_code_string(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_printed_string_is_parsed_again(
            address in "[a-zA-Z0-9.-]{1,40}",
            matching_id in "[a-zA-Z0-9-]{0,40}",
            oid in prop::option::of("[0-9.]{1,20}"),
            confirmation in any::<bool>(),
        ) {
            let tail = ActivationCodeString::tail_of(oid.as_deref().unwrap_or_default(), confirmation);
            let code = ActivationCodeString { address, matching_id, tail };
            prop_assert_eq!(code.oid(), oid.as_deref());
            prop_assert_eq!(code.asks_for_confirmation(), confirmation);
            prop_assert_eq!(ActivationCodeString::parse(&code.expose()), Ok(code.clone()));
            prop_assert_eq!(ActivationCodeString::parse(&code.expose_for_qr()), Ok(code));
        }

        #[test]
        fn no_string_makes_the_parser_panic(text in "\\PC{0,40}") {
            drop(ActivationCodeString::parse(&text));
        }
    }
}
