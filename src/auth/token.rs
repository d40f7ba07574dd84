//! The parts and the signature of a token.
//!
//! jsonwebtoken verifies the signature. The rest is checked here, because its defaults accept what
//! the standards forbid: a `crit` header (RFC 7515 section 4.1.11), any `typ` (RFC 8725 section
//! 3.11), an `iss` that is an array, and missing or duplicate claims.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, IgnoredAny};

use super::Refusal;
use super::keys::{MAX_KEY_ID_BYTES, VerificationKey};
use super::token_claims::TokenClaims;

/// Longer tokens are refused unread; no known issuer issues any.
pub(super) const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// A parsed token. Nothing in it may be trusted yet.
pub(super) struct UnverifiedToken<'t> {
    signed: &'t str,
    signature: &'t str,
    header: Header,
    claims: TokenClaims,
}

/// The part of the header that is read. Members that point to keys (`jku`, `x5u`, `jwk`) are
/// ignored.
#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    #[serde(default)]
    crit: Present,
}

/// Whether a member is present at all, even as null.
#[derive(Default)]
struct Present(bool);

impl<'de> Deserialize<'de> for Present {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self(true))
    }
}

impl<'t> UnverifiedToken<'t> {
    pub(super) fn parse(token: &'t str) -> Result<Self, Refusal> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(Refusal::TooLong);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(Refusal::Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(Refusal::Malformed)?;
        let header: Header = decode(header)?;
        let claims = decode(claims)?;

        let access_token = header.typ.as_deref().is_none_or(|typ| {
            ["JWT", "at+jwt", "application/at+jwt"].iter().any(|ok| ok.eq_ignore_ascii_case(typ))
        });
        if header.crit.0 || !access_token {
            return Err(Refusal::UnsupportedHeader);
        }
        if header.kid.as_ref().is_some_and(|id| id.len() > MAX_KEY_ID_BYTES) {
            return Err(Refusal::UnknownKey);
        }
        Ok(Self { signed, signature, header, claims })
    }

    /// The `iss` of the token, which only serves to find the keys to verify it with.
    pub(super) fn issuer(&self) -> Result<&str, Refusal> {
        self.claims.string("iss")?.ok_or(Refusal::UnknownIssuer)
    }

    pub(super) fn key_id(&self) -> Option<&str> {
        self.header.kid.as_deref()
    }

    /// The claims, if `key` signed them with its own algorithm.
    pub(super) fn verify(self, key: &VerificationKey) -> Result<TokenClaims, Refusal> {
        // Spelled as in RFC 7518; jsonwebtoken's `Algorithm` prints the same names.
        if self.header.alg != format!("{:?}", key.algorithm) {
            return Err(Refusal::UnknownKey);
        }
        let message = self.signed.as_bytes();
        match jsonwebtoken::crypto::verify(self.signature, message, &key.public, key.algorithm) {
            Ok(true) => Ok(self.claims),
            Ok(false) | Err(_) => Err(Refusal::BadSignature),
        }
    }
}

/// Decodes canonical base64url around JSON.
fn decode<T: DeserializeOwned>(part: &str) -> Result<T, Refusal> {
    let json = URL_SAFE_NO_PAD.decode(part).map_err(|_| Refusal::Malformed)?;
    serde_json::from_slice(&json).map_err(|_| Refusal::Malformed)
}
