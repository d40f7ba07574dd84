//! An issuer's public keys (JWKS, RFC 7517).

use std::collections::HashMap;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{
    AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse,
};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

use crate::auth::guid;
use crate::domain::TenantId;

/// More keys than any issuer publishes.
const MAX_KEYS: usize = 100;
/// More bytes than any issuer publishes.
pub(super) const MAX_BYTES: usize = 256 * 1024;
/// The longest key id that is looked at; a key id is a map key and nothing else.
pub(in crate::auth) const MAX_KEY_ID: usize = 256;
/// The shortest RSA modulus that is trusted, in bits.
const MIN_MODULUS: usize = 2048;

/// The keys of one issuer that can sign tokens, by key id.
#[derive(Clone, Default)]
pub struct KeySet {
    by_id: HashMap<String, Key>,
    /// Keys without an id. One serves tokens without one, if it is the only key there is.
    anonymous: Vec<Key>,
}

/// A public key and the one algorithm it is used with: the token has no say in it.
#[derive(Clone)]
pub(in crate::auth) struct Key {
    pub(in crate::auth) algorithm: Algorithm,
    pub(in crate::auth) public: DecodingKey,
    /// The one tenant whose tokens it signs, where the key set says so. Entra publishes the keys of
    /// many tenants together, and names the issuer of each.
    pub(in crate::auth) tenant: Option<TenantId>,
    mark: Thumbprint,
}

/// Tells one key from every other, whatever it is called: a digest of the key itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::auth) struct Thumbprint([u8; 32]);

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
            keys: Vec<Value>,
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
            let issuer = jwk.get("issuer").and_then(Value::as_str).map(str::to_owned);
            let Ok(mut jwk) = serde_json::from_value::<Jwk>(jwk) else {
                continue;
            };
            let id = jwk.common.key_id.take();
            let Some(key) = Key::new(jwk, issuer.as_deref()) else { continue };
            match id {
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

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.all().count()
    }

    /// Whether the set has that very key, under whatever id.
    pub(in crate::auth) fn has(&self, mark: Thumbprint) -> bool {
        self.all().any(|key| key.mark == mark)
    }

    /// Whether both have the same keys.
    pub(super) fn same_as(&self, other: &Self) -> bool {
        self.len() == other.len() && self.all().all(|key| other.has(key.mark))
    }

    fn all(&self) -> impl Iterator<Item = &Key> {
        self.anonymous.iter().chain(self.by_id.values())
    }

    /// The key of that id. A token that names none is verified only by a set of a single key.
    pub(in crate::auth) fn key(&self, id: Option<&str>) -> Option<&Key> {
        if let Some(id) = id {
            return self.by_id.get(id);
        }
        let mut keys = self.all();
        keys.next().filter(|_| keys.next().is_none())
    }
}

impl Key {
    pub(in crate::auth) fn mark(&self) -> Thumbprint {
        self.mark
    }

    fn new(mut jwk: Jwk, issuer: Option<&str>) -> Option<Self> {
        let operations = jwk.common.key_operations.as_ref();
        if !matches!(jwk.common.public_key_use, None | Some(PublicKeyUse::Signature))
            || operations.is_some_and(|all| !all.contains(&KeyOperations::Verify))
        {
            return None;
        }
        if let AlgorithmParameters::RSA(rsa) = &mut jwk.algorithm {
            for number in [&mut rsa.n, &mut rsa.e] {
                *number = without_zeros(number)?;
            }
        }
        let parameters = &jwk.algorithm;
        let algorithm = if let AlgorithmParameters::RSA(rsa) = parameters {
            (bits(&rsa.n)? >= MIN_MODULUS).then_some(Algorithm::RS256)
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
        let tenant = issuer.and_then(|issuer| issuer.split('/').find_map(guid));
        let material = serde_json::to_vec(&(parameters, tenant.map(TenantId::uuid))).ok()?;
        let mark = Thumbprint(digest(&SHA256, &material).as_ref().try_into().ok()?);
        Some(Self { algorithm, public: DecodingKey::from_jwk(&jwk).ok()?, tenant, mark })
    }
}

/// A number without the zeros that some write before it (RFC 7518 section 6.3.1.1 forbids them):
/// with them, no signature would be found good.
fn without_zeros(number: &str) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(number).ok()?;
    let first = bytes.iter().position(|byte| *byte != 0)?;
    Some(URL_SAFE_NO_PAD.encode(&bytes[first..]))
}

/// How many bits such a number has.
fn bits(number: &str) -> Option<usize> {
    let bytes = URL_SAFE_NO_PAD.decode(number).ok()?;
    Some(bytes.len() * 8 - bytes.first()?.leading_zeros() as usize)
}

impl std::fmt::Debug for KeySet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.by_id.keys()).finish()
    }
}
