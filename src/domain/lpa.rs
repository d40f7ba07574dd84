//! Activation code strings: what a QR code holds and what a person types (SGP.22 section 4.1).
//!
//! `[LPA:]1$<SM-DP+ address>$<matching id>[$<SM-DP+ OID>[$<confirmation-code flag>]]`

use std::fmt;

/// The parts of an activation code string. Whatever follows the defined fields is ignored when one
/// is read; fields that are empty at the end are left out when one is written.
#[derive(Clone, PartialEq, Eq)]
pub struct ActivationCodeString {
    /// The host that serves the profile.
    pub address: String,
    /// The secret; empty where the server chooses the profile.
    pub matching_id: String,
    /// The server's object identifier, where it is to be checked.
    pub oid: Option<String>,
    /// Whether the user is asked for a confirmation code, which is never a part of the string.
    pub confirmation: bool,
}

/// Why a text is no activation code string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseActivationCodeError {
    /// It begins with something else than the format's number.
    #[error("does not begin with '1$' or 'LPA:1$'")]
    UnknownFormat,
    /// The address is missing.
    #[error("has no SM-DP+ address after '1$'")]
    MissingAddress,
    /// There is no second dollar sign.
    #[error("has no '$' after the address: the matching id is missing")]
    MissingMatchingId,
    /// The flag is neither absent, empty nor 1.
    #[error("has a confirmation code flag that is not 1")]
    InvalidConfirmationFlag,
}

impl ActivationCodeString {
    /// The string of a code, or `None` if a part holds what would tear it apart.
    #[must_use]
    pub fn of(address: &str, matching_id: &str) -> Option<Self> {
        let torn = |part: &str| part.contains('$') || part.chars().any(char::is_control);
        if address.is_empty() || torn(address) || torn(matching_id) {
            return None;
        }
        Some(Self {
            address: address.to_owned(),
            matching_id: matching_id.to_owned(),
            oid: None,
            confirmation: false,
        })
    }

    /// Reads a string, with or without `LPA:` before it, in any letter case, blanks around it.
    pub fn parse(text: &str) -> Result<Self, ParseActivationCodeError> {
        let text = text.trim();
        let bare = match text.get(..4) {
            Some(scheme) if scheme.eq_ignore_ascii_case("LPA:") => text[4..].trim_start(),
            _ => text,
        };
        let mut fields = bare.split('$');
        if fields.next() != Some("1") {
            return Err(ParseActivationCodeError::UnknownFormat);
        }
        let address = fields.next().filter(|address| !address.is_empty());
        let address = address.ok_or(ParseActivationCodeError::MissingAddress)?.to_owned();
        let matching_id =
            fields.next().ok_or(ParseActivationCodeError::MissingMatchingId)?.to_owned();
        let oid = fields.next().filter(|oid| !oid.is_empty()).map(str::to_owned);
        let confirmation = match fields.next() {
            None | Some("") => false,
            Some("1") => true,
            Some(_) => return Err(ParseActivationCodeError::InvalidConfirmationFlag),
        };
        Ok(Self { address, matching_id, oid, confirmation })
    }

    /// The string without `LPA:`. It holds the secret.
    #[must_use]
    pub fn expose(&self) -> String {
        let flag = if self.confirmation { "1" } else { "" };
        let oid = self.oid.as_deref().unwrap_or_default();
        let whole = format!("1${}${}${oid}${flag}", self.address, self.matching_id);
        // An empty matching id stays: only what follows it is optional.
        let least = 3 + self.address.len() + self.matching_id.len();
        let end = whole.trim_end_matches('$').len().max(least);
        whole[..end].to_owned()
    }

    /// What a QR code holds: the string after `LPA:`. It holds the secret.
    #[must_use]
    pub fn expose_for_qr(&self) -> String {
        format!("LPA:{}", self.expose())
    }
}

impl fmt::Debug for ActivationCodeString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ActivationCodeString({}, …)", self.address)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{ActivationCodeString, ParseActivationCodeError};

    fn code(matching_id: &str, oid: Option<&str>, confirmation: bool) -> ActivationCodeString {
        ActivationCodeString {
            address: "SMDP.GSMA.COM".to_owned(),
            matching_id: matching_id.to_owned(),
            oid: oid.map(str::to_owned),
            confirmation,
        }
    }

    #[test]
    fn the_examples_of_the_specification_are_read_and_written() {
        const ID: &str = "04386-AGYFT-A74Y8-3F815";
        const OID: &str = "1.3.6.1.4.1.31746";
        for (text, meant) in [
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
            let read = ActivationCodeString::parse(text);
            assert!(read.as_ref() == Ok(&meant), "{text}");
            assert_eq!(meant.expose(), text);
            for spelling in [
                format!("LPA:{text}"),
                format!(" lpa:{text}\n"),
                format!("{text}$"),
                format!("{text}$$$later"),
            ] {
                let again = ActivationCodeString::parse(&spelling);
                assert!(spelling.ends_with("later") || again.as_ref() == Ok(&meant), "{spelling}");
            }
        }
    }

    #[test]
    fn what_is_no_activation_code_is_told_by_what_it_lacks() {
        use ParseActivationCodeError::{
            InvalidConfirmationFlag, MissingAddress, MissingMatchingId, UnknownFormat,
        };
        for (text, fault) in [
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
            assert!(ActivationCodeString::parse(text) == Err(fault), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            address in "[a-zA-Z0-9.-]{1,40}",
            matching_id in "[a-zA-Z0-9-]{0,40}",
            oid in prop::option::of("[0-9.]{1,20}"),
            confirmation in any::<bool>(),
        ) {
            let code = ActivationCodeString { address, matching_id, oid, confirmation };
            prop_assert_eq!(ActivationCodeString::parse(&code.expose()), Ok(code.clone()));
            prop_assert_eq!(ActivationCodeString::parse(&code.expose_for_qr()), Ok(code));
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC{0,40}") {
            drop(ActivationCodeString::parse(&text));
        }
    }
}
