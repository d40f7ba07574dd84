//! Secrets at rest: what is stored of a matching id, and the keys that open it. Leans on `domain`
//! and on aws-lc-rs; knows no SQL.
//!
//! Three kinds of keys, each 256 bits. The **master key** comes from the settings and is stored
//! nowhere near the data. It wraps each tenant's own keys, so that a new master key means a few
//! rows to wrap again and no code to encrypt again: a **data key**, which seals matching ids, and
//! a **fingerprint key**, which is never replaced and by which equal secrets are found.

mod master_key;
mod master_keys;
mod tenant_keys;

pub use master_key::{MasterKey, MasterKeyError, MasterKeyId};
pub use master_keys::MasterKeys;
pub use tenant_keys::{Fingerprint, KeyId, TenantKeys, WrappedKeys};

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::rand;

/// The bytes of a key.
const KEY_LEN: usize = 32;

/// A secret could not be opened: it was sealed under another key or for another row, or it is
/// damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sealed secret does not open with this key")]
pub struct DecryptionError;

/// AES-256-GCM-SIV, which forgives even a nonce that comes twice.
struct Cipher(LessSafeKey);

impl Cipher {
    fn new(key: &[u8; KEY_LEN]) -> Self {
        let key = UnboundKey::new(&AES_256_GCM_SIV, key).expect("a key of 32 bytes");
        Self(LessSafeKey::new(key))
    }

    /// Nonce, ciphertext and tag of `secret`, bound to `place`.
    fn seal(&self, place: &[u8], secret: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE_LEN] = random();
        let mut sealed = Vec::with_capacity(NONCE_LEN + secret.len() + AES_256_GCM_SIV.tag_len());
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(secret);
        let tag = self.0.seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(place),
            &mut sealed[NONCE_LEN..],
        );
        sealed.extend_from_slice(tag.expect("a secret far shorter than 64 GiB").as_ref());
        sealed
    }

    /// What was sealed for `place`.
    fn open(&self, place: &[u8], sealed: &[u8]) -> Result<Vec<u8>, DecryptionError> {
        let (nonce, secret) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(DecryptionError)?;
        let mut secret = secret.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = self.0.open_in_place(nonce, Aad::from(place), &mut secret);
        let length = opened.map_err(|_| DecryptionError)?.len();
        secret.truncate(length);
        Ok(secret)
    }
}

/// Bytes that nobody can guess.
fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).expect("the machine has a source of randomness");
    bytes
}
