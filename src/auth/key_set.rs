//! An issuer's public keys (JWKS, RFC 7517).

use std::collections::HashMap;

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;

/// More keys than any issuer publishes.
const MAX_KEYS: usize = 100;
/// More bytes than any issuer publishes.
const MAX_BYTES: usize = 256 * 1024;
/// The longest key id that is looked at; a key id is a map key and nothing else.
pub(super) const MAX_KEY_ID: usize = 256;
/// The shortest RSA modulus that is trusted, in base64url characters: 2048 bits.
const MIN_MODULUS: usize = 342;

/// The keys of one issuer that can sign tokens, by key id.
#[derive(Clone, Default)]
pub struct KeySet {
    by_id: HashMap<String, Key>,
    /// Keys without an id. One serves tokens without one, if it is the only key there is.
    anonymous: Vec<Key>,
}

/// A public key and the one algorithm it is used with: the token has no say in it.
#[derive(Clone)]
pub(super) struct Key {
    pub(super) algorithm: Algorithm,
    pub(super) public: DecodingKey,
}

/// Why a key set cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    /// Longer than 256 KiB.
    #[error("the key set is longer than {MAX_BYTES} bytes")]
    TooLong,
    /// Not the JSON of a key set.
    #[error("the key set is not of the form {{\"keys\": […]}}")]
    Malformed,
    /// More than a hundred keys.
    #[error("the key set has more than {MAX_KEYS} keys")]
    TooMany,
    /// No key that could sign a token.
    #[error("the key set has no RS256, ES256 or EdDSA key for signatures")]
    NoUsableKey,
}

impl KeySet {
    /// Reads a JWKS document. Keys that cannot sign tokens here (encryption keys, other
    /// algorithms, RSA below 2048 bits) are passed over; of two keys with one id the first counts.
    pub fn parse(document: &[u8]) -> Result<Self, KeySetError> {
        #[derive(Deserialize)]
        struct Document {
            keys: Vec<serde_json::Value>,
        }

        if document.len() > MAX_BYTES {
            return Err(KeySetError::TooLong);
        }
        let document: Document =
            serde_json::from_slice(document).map_err(|_| KeySetError::Malformed)?;
        if document.keys.len() > MAX_KEYS {
            return Err(KeySetError::TooMany);
        }
        let mut keys = Self::default();
        for jwk in document.keys {
            let Ok(jwk) = serde_json::from_value::<Jwk>(jwk) else {
                continue;
            };
            let Some(key) = Key::new(&jwk) else { continue };
            match jwk.common.key_id {
                Some(id) if id.len() <= MAX_KEY_ID => {
                    keys.by_id.entry(id).or_insert(key);
                }
                Some(_) => {}
                None => keys.anonymous.push(key),
            }
        }
        if keys.is_empty() {
            return Err(KeySetError::NoUsableKey);
        }
        Ok(keys)
    }

    /// Whether there is no key at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty() && self.anonymous.is_empty()
    }

    /// The key of that id. A token that names none is verified only by a set of a single key.
    pub(super) fn key(&self, id: Option<&str>) -> Option<&Key> {
        if let Some(id) = id {
            return self.by_id.get(id);
        }
        let mut keys = self.anonymous.iter().chain(self.by_id.values());
        keys.next().filter(|_| keys.next().is_none())
    }
}

impl Key {
    fn new(jwk: &Jwk) -> Option<Self> {
        if !matches!(jwk.common.public_key_use, None | Some(PublicKeyUse::Signature)) {
            return None;
        }
        let parameters = &jwk.algorithm;
        let algorithm = if let AlgorithmParameters::RSA(rsa) = parameters {
            (rsa.n.len() >= MIN_MODULUS).then_some(Algorithm::RS256)
        } else if let AlgorithmParameters::EllipticCurve(ec) = parameters {
            (ec.curve == EllipticCurve::P256).then_some(Algorithm::ES256)
        } else if let AlgorithmParameters::OctetKeyPair(okp) = parameters {
            (okp.curve == EllipticCurve::Ed25519).then_some(Algorithm::EdDSA)
        } else {
            None
        }?;
        let named = jwk.common.key_algorithm;
        if named.is_some_and(|named| named != KeyAlgorithm::from(algorithm)) {
            return None;
        }
        Some(Self { algorithm, public: DecodingKey::from_jwk(jwk).ok()? })
    }
}

impl std::fmt::Debug for KeySet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.by_id.keys()).finish()
    }
}
