//! Activation codes, which carriers sell, and the validation of their three fields.
//!
//! Sources: the patterns of Graph's `embeddedSIMActivationCode`, ITU-T E.118 for the ICCID, and
//! SGP.22 section 4.1 for the SM-DP+ address and the matching id.

use std::fmt;
use std::hash::{Hash, Hasher};

use zeroize::Zeroizing;

use super::iccid::{has_valid_check_digit, is_iccid};
use super::lpa::contains_code_string;
use super::smdp_address::{is_graph_host, is_host};
use super::{ConfirmationCode, Iccid, Invalid, SmdpAddress};

/// How strictly codes are validated before they are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Validation {
    /// Any string. The default, because Graph's own example fails Graph's own patterns.
    #[default]
    Lenient,
    /// The three patterns that Graph documents.
    Graph,
    /// Graph's patterns, and the rules of E.118 and SGP.22: an ICCID starts with 89, has a valid
    /// check digit and is unique in the tenant, and an SM-DP+ address is a host name.
    Strict,
}

/// The secret half of an activation code: anyone who has it can install the profile. It cannot be
/// revealed by accident: it has no `Display` and no `Serialize`, its `Debug` omits the value, and it
/// is cleared from memory when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct MatchingId(Zeroizing<String>);

/// An activation code. Two codes are equal if they install the same profile.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ActivationCode {
    /// `integratedCircuitCardIdentifier`
    pub iccid: Iccid,
    /// `matchingIdentifier`
    pub matching_id: MatchingId,
    /// `smdpPlusServerAddress`
    pub smdp_address: SmdpAddress,
    /// What the activation code string has after the matching id: nothing, or a `$` and the rest.
    pub tail: String,
    /// The code that the device's user is asked for, if the carrier gave one.
    pub confirmation_code: Option<ConfirmationCode>,
}

/// The maximum length of an activation code string in SGP.22, in characters.
pub(super) const MAX_CODE_STRING_LENGTH: usize = 255;

impl ActivationCode {
    /// Parses the three fields of a code under `validation`. Each has at most `max_length`
    /// characters.
    pub fn parse(
        iccid: String,
        matching_id: String,
        smdp_address: String,
        validation: Validation,
        max_length: usize,
    ) -> Result<Self, Invalid> {
        const ICCID: &str = "integratedCircuitCardIdentifier";
        const MATCHING_ID: &str = "matchingIdentifier";
        const ADDRESS: &str = "smdpPlusServerAddress";

        for (name, value) in
            [(ICCID, &iccid), (MATCHING_ID, &matching_id), (ADDRESS, &smdp_address)]
        {
            check_text(name, value, max_length)?;
        }
        let graph = validation != Validation::Lenient;
        let strict = validation == Validation::Strict;
        let check = |name: &str, applies: bool, holds: bool, rule: &str| {
            if applies && !holds { Err(Invalid::new(name, rule)) } else { Ok(()) }
        };
        check(ICCID, graph, is_iccid(&iccid), "must be 19 or 20 digits")?;
        check(
            ICCID,
            strict,
            iccid.starts_with("89"),
            "must start with 89, as ICCIDs of SIM cards do",
        )?;
        check(
            ICCID,
            strict,
            has_valid_check_digit(&iccid),
            "has a wrong check digit (Luhn): one of its digits is mistyped",
        )?;
        check(
            MATCHING_ID,
            graph,
            is_matching_id(&matching_id),
            "must hold letters, digits and hyphens only",
        )?;
        check(
            ADDRESS,
            graph,
            is_graph_host(&smdp_address),
            "must be a host name like 'smdp.example.com', without scheme, port or path",
        )?;
        check(
            ADDRESS,
            strict,
            is_host(&smdp_address),
            "must be a host name of at most 253 characters, 63 a label",
        )?;
        // "1$", the address, "$", the matching id.
        let string_length = 3 + smdp_address.len() + matching_id.len();
        check(
            MATCHING_ID,
            strict,
            string_length <= MAX_CODE_STRING_LENGTH,
            "makes the activation code longer than 255 characters",
        )?;

        Ok(Self {
            iccid: Iccid::unchecked(iccid),
            matching_id: MatchingId::stored(matching_id),
            smdp_address: SmdpAddress::unchecked(smdp_address),
            tail: String::new(),
            confirmation_code: None,
        })
    }

    /// Whether its activation code string would be longer than SGP.22 allows.
    #[must_use]
    pub fn is_too_long(&self) -> bool {
        let fields = [self.smdp_address.as_str(), self.matching_id.expose(), &self.tail];
        3 + fields.iter().map(|field| field.chars().count()).sum::<usize>() > MAX_CODE_STRING_LENGTH
    }

    /// The bytes of its three fields.
    #[must_use]
    pub fn length(&self) -> usize {
        self.iccid.as_str().len()
            + self.matching_id.expose().len()
            + self.smdp_address.as_str().len()
            + self.tail.len()
    }
}

/// Checks that a string can be stored: at most `max_length` characters, which an index can hold, no
/// U+0000, which Postgres cannot store, and no activation code string, whose secret would be stored in
/// clear and shown to every reader.
pub(super) fn check_text(name: &str, value: &str, max_length: usize) -> Result<(), Invalid> {
    if value.contains('\0') {
        return Err(Invalid::new(name, "must not contain the character U+0000"));
    }
    if contains_code_string(value) {
        return Err(Invalid::new(
            name,
            "must not contain a whole activation code ('LPA:1$…'), which is secret; send its parts as \
             smdpPlusServerAddress and matchingIdentifier",
        ));
    }
    // Bytes first: they are cheap to count, and never fewer than the characters.
    if value.len() > max_length && value.chars().count() > max_length {
        return Err(Invalid::new(name, format!("must be at most {max_length} characters long")));
    }
    Ok(())
}

/// Graph's pattern: `^[a-zA-Z0-9\-]*$`. Empty is valid: the server then chooses the profile.
fn is_matching_id(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

impl MatchingId {
    /// A matching id from the database, which was checked before it was stored.
    #[must_use]
    pub fn stored(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The secret itself, for encryption and for answers to authorised callers.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Hash for MatchingId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.expose().hash(state);
    }
}

impl fmt::Debug for MatchingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MatchingId(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::{ActivationCode, Validation};

    fn parse(code: [&str; 3], validation: Validation) -> Result<(), String> {
        let [iccid, matching_id, address] = code.map(str::to_owned);
        ActivationCode::parse(iccid, matching_id, address, validation, 255)
            .map(drop)
            .map_err(|invalid| invalid.to_string())
    }

    /// A code that every mode accepts.
    const GOOD: [&str; 3] = ["8944500102198304826", "04386-AGYFT-A74Y8-3F815", "smdp.example.com"];

    #[test]
    fn only_lenient_validation_accepts_the_documented_example() {
        let seed = [
            "Integrated Circuit Card Identifier value",
            "Matching Identifier value",
            "Smdp Plus Server Address value",
        ];
        assert_eq!(parse(seed, Validation::Lenient), Ok(()));
        for mode in [Validation::Graph, Validation::Strict] {
            assert_eq!(
                parse(seed, mode),
                Err("'integratedCircuitCardIdentifier' must be 19 or 20 digits".into())
            );
        }
    }

    #[test]
    fn every_mode_accepts_a_real_code() {
        for mode in [Validation::Lenient, Validation::Graph, Validation::Strict] {
            assert_eq!(parse(GOOD, mode), Ok(()));
            assert_eq!(
                parse([GOOD[0], "", GOOD[2]], mode),
                Ok(()),
                "an empty matching id is valid"
            );
        }
    }

    #[test]
    fn graphs_patterns_are_applied_exactly() {
        for (field, value) in [
            (0, "894450010219830482"),
            (0, "894450010219830482611"),
            (0, "8944500102198304 26"),
            (0, "８９４４５００１０２１９８３０４８２６"),
            (1, "under_score"),
            (1, "space inside"),
            (1, "émigré"),
            (2, "localhost"),
            (2, "smdp.example.c"),
            (2, "smdp.example.c0m"),
            (2, "-smdp.example.com"),
            (2, "smdp..example.com"),
            (2, "smdp--x.example.com"),
            (2, "smdp.example.com:443"),
            (2, "https://smdp.example.com"),
            (2, "192.0.2.1"),
            (2, ""),
        ] {
            let mut code = GOOD;
            code[field] = value;
            assert_eq!(parse(code, Validation::Lenient), Ok(()), "{value}");
            assert!(parse(code, Validation::Graph).is_err(), "{value}");
            assert!(parse(code, Validation::Strict).is_err(), "{value}");
        }
    }

    #[test]
    fn only_strict_validation_checks_the_check_digit_and_the_prefix() {
        for iccid in ["8944500102198304827", "1234567890123456789"] {
            let code = [iccid, GOOD[1], GOOD[2]];
            assert_eq!(parse(code, Validation::Graph), Ok(()));
            assert!(parse(code, Validation::Strict).is_err());
        }
    }

    #[test]
    fn every_mode_rejects_what_a_database_cannot_store() {
        let long = "9".repeat(256);
        for field in 0..3 {
            for value in ["nul\0inside", long.as_str()] {
                let mut code = GOOD;
                code[field] = value;
                assert!(parse(code, Validation::Lenient).is_err());
            }
        }
    }

    #[test]
    fn an_error_never_repeats_the_secret() {
        let code = [GOOD[0], "se_cret", GOOD[2]];
        assert!(!parse(code, Validation::Strict).expect_err("refused").contains("se_cret"));
        let parsed = ActivationCode::parse(
            GOOD[0].into(),
            "SECRET".into(),
            GOOD[2].into(),
            Validation::Strict,
            255,
        );
        assert!(!format!("{parsed:?}").contains("SECRET"));
    }
}
