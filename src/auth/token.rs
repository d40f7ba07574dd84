//! One token: its parts, its signature, its claims.
//!
//! jsonwebtoken verifies the signature. The rest is checked here, because its defaults let pass
//! what the standards forbid: a `crit` header (RFC 7515 section 4.1.11), any `typ` (RFC 8725
//! section 3.11), an `iss` that is an array, claims that are missing or stand twice.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::Refusal;
use super::key_set::{Key, MAX_KEY_ID};

/// The longest token that is looked at.
const MAX_TOKEN: usize = 16 * 1024;

/// A token taken apart. Nothing in it is to be believed yet.
pub(super) struct Unverified<'t> {
    signed: &'t str,
    signature: &'t str,
    header: Header,
    claims: Claims,
}

/// What the header may say. Whatever points at keys (`jku`, `x5u`, `jwk`) is not even read.
#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    #[serde(default)]
    crit: Present,
}

/// Whether a member stands in the document at all, null included.
#[derive(Default)]
struct Present(bool);

impl<'de> Deserialize<'de> for Present {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self(true))
    }
}

/// The claims of a token, no two of one name.
pub(super) struct Claims(Map<String, Value>);

impl<'t> Unverified<'t> {
    pub(super) fn parse(token: &'t str) -> Result<Self, Refusal> {
        if token.len() > MAX_TOKEN {
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
        if header.kid.as_ref().is_some_and(|id| id.len() > MAX_KEY_ID) {
            return Err(Refusal::UnknownKey);
        }
        Ok(Self { signed, signature, header, claims })
    }

    /// The issuer that the token names: only good for finding the keys to verify it with.
    pub(super) fn issuer(&self) -> Result<&str, Refusal> {
        self.claims.text("iss")?.ok_or(Refusal::UnknownIssuer)
    }

    pub(super) fn key_id(&self) -> Option<&str> {
        self.header.kid.as_deref()
    }

    /// The claims, if `key` signed them with its own algorithm.
    pub(super) fn verify(self, key: &Key) -> Result<Claims, Refusal> {
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

impl Claims {
    /// Whether there is such a claim.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// A claim that is text where it stands.
    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, Refusal> {
        self.0.get(name).map(|value| value.as_str().ok_or(Refusal::Malformed)).transpose()
    }

    /// A moment in whole seconds, where it stands. RFC 7519 allows fractions.
    pub(super) fn seconds(&self, name: &str) -> Result<Option<i64>, Refusal> {
        let Some(value) = self.0.get(name) else {
            return Ok(None);
        };
        #[expect(
            clippy::cast_possible_truncation,
            reason = "saturates, which is as far as time goes"
        )]
        let whole = value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds.floor() as i64));
        whole.map(Some).ok_or(Refusal::Malformed)
    }

    /// A list of texts where it stands.
    pub(super) fn texts(&self, name: &str) -> Result<Option<Vec<&str>>, Refusal> {
        let Some(value) = self.0.get(name) else {
            return Ok(None);
        };
        let list = value.as_array().ok_or(Refusal::Malformed)?;
        list.iter()
            .map(|text| text.as_str().ok_or(Refusal::Malformed))
            .collect::<Result<_, _>>()
            .map(Some)
    }

    /// `aud`: one text or a list of them (RFC 7519 section 4.1.3).
    pub(super) fn audiences(&self) -> Result<Vec<&str>, Refusal> {
        match self.0.get("aud") {
            Some(Value::String(audience)) => Ok(vec![audience]),
            _ => Ok(self.texts("aud")?.unwrap_or_default()),
        }
    }
}

impl<'de> Deserialize<'de> for Claims {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Once;

        impl<'de> Visitor<'de> for Once {
            type Value = Map<String, Value>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of claims")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut claims = Map::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    if claims.insert(name, value).is_some() {
                        return Err(A::Error::custom("a claim stands twice"));
                    }
                }
                Ok(claims)
            }
        }

        deserializer.deserialize_map(Once).map(Self)
    }
}
