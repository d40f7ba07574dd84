//! The public keys of an issuer (JWKS, RFC 7517).

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

use crate::domain::TenantId;

/// Larger key sets are refused; no known issuer publishes one.
const MAX_KEYS: usize = 100;
/// Longer documents are refused; no known issuer publishes one.
pub(super) const MAX_KEY_SET_BYTES: usize = 256 * 1024;
/// Keys with longer ids are skipped. A key id is only ever used as a map key.
pub(in crate::auth) const MAX_KEY_ID_BYTES: usize = 256;
/// The shortest RSA modulus that is accepted.
const MIN_MODULUS_BITS: usize = 2048;

/// The keys of one issuer that verify tokens, by key id.
#[derive(Clone, Default)]
pub struct KeySet {
    by_id: HashMap<String, VerificationKey>,
    /// Keys without an id. One verifies tokens without a key id, if it is the only key of the set.
    anonymous: Vec<VerificationKey>,
}

/// A public key and the only algorithm that it is used with, whatever the token says.
#[derive(Clone)]
pub(in crate::auth) struct VerificationKey {
    pub(in crate::auth) algorithm: Algorithm,
    pub(in crate::auth) public: DecodingKey,
    /// The only tenant whose tokens it verifies, if the key set names one: Entra publishes the keys
    /// of many tenants in one set, with the issuer of each key.
    pub(in crate::auth) tenant: Option<TenantId>,
    thumbprint: Thumbprint,
}

/// SHA-256 of a key's parameters: identifies a key whatever its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::auth) struct Thumbprint([u8; 32]);

/// Why a key set cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    /// The document is longer than 256 KiB.
    #[error("the key set is longer than {MAX_KEY_SET_BYTES} bytes")]
    TooLong,
    /// The document is not the JSON of a key set.
    #[error("the key set does not have the form {{\"keys\": […]}}")]
    Malformed,
    /// The set has more than 100 keys.
    #[error("the key set has more than {MAX_KEYS} keys")]
    TooMany,
    /// No key of the set can verify a token, although it is a file that was named for its keys.
    #[error("the key set has no RS256, PS256, ES256, ES384 or EdDSA key for signatures")]
    NoUsableKey,
}

impl KeySet {
    /// Parses a JWKS document. Keys that cannot verify tokens (encryption keys, other algorithms,
    /// RSA below 2048 bits) are skipped; of two keys with the same id the first is used. The set is empty
    /// if no key is left, by which an issuer withdraws all its keys.
    ///
    /// # Errors
    /// If the document is too long or malformed.
    pub fn parse(document: &[u8]) -> Result<Self, KeySetError> {
        #[derive(Deserialize)]
        struct Document {
            keys: Vec<Value>,
        }

        if document.len() > MAX_KEY_SET_BYTES {
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
            let Some(key) = VerificationKey::new(jwk, issuer.as_deref()) else { continue };
            match id {
                Some(id) if id.len() <= MAX_KEY_ID_BYTES => {
                    keys.by_id.entry(id).or_insert(key);
                }
                Some(_) => {}
                None => keys.anonymous.push(key),
            }
        }
        Ok(keys)
    }

    /// Whether the set has no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty() && self.anonymous.is_empty()
    }

    /// The number of keys.
    #[must_use]
    pub fn len(&self) -> usize {
        self.all().count()
    }

    /// Whether the set contains this key, under any id.
    pub(in crate::auth) fn contains(&self, key: Thumbprint) -> bool {
        self.all().any(|known| known.thumbprint == key)
    }

    pub(super) fn same_as(&self, other: &Self) -> bool {
        self.len() == other.len() && self.all().all(|key| other.contains(key.thumbprint))
    }

    fn all(&self) -> impl Iterator<Item = &VerificationKey> {
        self.anonymous.iter().chain(self.by_id.values())
    }

    /// The key with this id. Without an id, the only key of the set.
    pub(in crate::auth) fn key(&self, id: Option<&str>) -> Option<&VerificationKey> {
        if let Some(id) = id {
            return self.by_id.get(id);
        }
        let mut keys = self.all();
        keys.next().filter(|_| keys.next().is_none())
    }
}

impl VerificationKey {
    pub(in crate::auth) fn thumbprint(&self) -> Thumbprint {
        self.thumbprint
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
                *number = without_leading_zeros(number)?;
            }
        }
        let parameters = &jwk.algorithm;
        let algorithm = if let AlgorithmParameters::RSA(rsa) = parameters {
            // A key without an algorithm is for the one that all issuers support.
            let padded = jwk.common.key_algorithm == Some(KeyAlgorithm::PS256);
            let algorithm = if padded { Algorithm::PS256 } else { Algorithm::RS256 };
            (bits(&rsa.n)? >= MIN_MODULUS_BITS).then_some(algorithm)
        } else if let AlgorithmParameters::EllipticCurve(ec) = parameters {
            match (&ec.curve, length(&ec.x)?, length(&ec.y)?) {
                (EllipticCurve::P256, 32, 32) => Some(Algorithm::ES256),
                (EllipticCurve::P384, 48, 48) => Some(Algorithm::ES384),
                _ => None,
            }
        } else if let AlgorithmParameters::OctetKeyPair(okp) = parameters {
            (okp.curve == EllipticCurve::Ed25519).then_some(Algorithm::EdDSA)
        } else {
            None
        }?;
        let named = jwk.common.key_algorithm;
        if named.is_some_and(|named| named != KeyAlgorithm::from(algorithm)) {
            return None;
        }
        let tenant = issuer.and_then(|issuer| issuer.split('/').find_map(TenantId::parse));
        let material = serde_json::to_vec(&(parameters, tenant.map(TenantId::uuid))).ok()?;
        let thumbprint = Thumbprint(digest(&SHA256, &material).as_ref().try_into().ok()?);
        Some(Self { algorithm, public: DecodingKey::from_jwk(&jwk).ok()?, tenant, thumbprint })
    }
}

/// A base64url number without leading zeros. RFC 7518 section 6.3.1.1 forbids them, but some issuers
/// write them, and with them no signature would verify.
fn without_leading_zeros(number: &str) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(number).ok()?;
    let first = bytes.iter().position(|byte| *byte != 0)?;
    Some(URL_SAFE_NO_PAD.encode(&bytes[first..]))
}

/// The length of a coordinate in bytes.
fn length(number: &str) -> Option<usize> {
    URL_SAFE_NO_PAD.decode(number).ok().map(|bytes| bytes.len())
}

/// The length of a base64url number in bits.
fn bits(number: &str) -> Option<usize> {
    let bytes = URL_SAFE_NO_PAD.decode(number).ok()?;
    Some(bytes.len() * 8 - bytes.first()?.leading_zeros() as usize)
}

impl std::fmt::Debug for KeySet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.by_id.keys()).finish()
    }
}
