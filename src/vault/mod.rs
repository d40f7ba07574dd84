//! Encryption at rest: how matching ids are sealed for the database, and the keys that open them.
//! Depends on `domain` and aws-lc-rs; knows nothing of SQL.
//!
//! There are three kinds of keys, each 256 bits long. The **master key** comes from the settings and
//! is never stored with the data. It wraps each tenant's own keys. A tenant has **data keys**, the
//! newest of which seals matching ids while the others open what they have sealed, and a
//! **fingerprint key**, which is never rotated and finds equal secrets.
//!
//! Key material is cleared from memory when it is dropped: aws-lc-rs does so for keys in use, and
//! [`Zeroizing`] for the bytes on their way to and from it.

mod master_key;
mod master_keys;
mod tenant_keys;
#[cfg(test)]
mod tests;
mod wrapped_keys;

pub use master_key::{MasterKey, MasterKeyError, MasterKeyId};
pub use master_keys::MasterKeys;
pub use tenant_keys::{Fingerprint, KeyId, TenantKeys};
pub use wrapped_keys::WrappedKeys;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::rand;
use zeroize::Zeroizing;

/// The length of a key in bytes.
const KEY_LEN: usize = 32;

/// Why a sealed secret cannot be decrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecryptionError {
    /// It was sealed with another key or other associated data, or it is damaged.
    #[error("a sealed secret cannot be decrypted with this key")]
    Damaged,
    /// It was sealed with a data key that is not among these keys of the tenant, perhaps because they
    /// were read before it was made.
    #[error("a sealed secret was sealed with a data key that is not known here")]
    UnknownKey,
}

/// AES-256-GCM-SIV, which stays secure even if a nonce repeats.
struct Cipher(LessSafeKey);

impl Cipher {
    fn new(key: &[u8; KEY_LEN]) -> Self {
        let key = UnboundKey::new(&AES_256_GCM_SIV, key).expect("a key of 32 bytes");
        Self(LessSafeKey::new(key))
    }

    /// The nonce, ciphertext and tag of `secret`.
    fn seal(&self, associated_data: &[u8], secret: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE_LEN] = random();
        let mut sealed = Vec::with_capacity(NONCE_LEN + secret.len() + AES_256_GCM_SIV.tag_len());
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(secret);
        let tag = self.0.seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(associated_data),
            &mut sealed[NONCE_LEN..],
        );
        sealed.extend_from_slice(tag.expect("a secret is far shorter than 64 GiB").as_ref());
        sealed
    }

    /// The secret that was sealed with this associated data.
    fn open(
        &self,
        associated_data: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, DecryptionError> {
        let (nonce, secret) =
            sealed.split_first_chunk::<NONCE_LEN>().ok_or(DecryptionError::Damaged)?;
        let mut secret = Zeroizing::new(secret.to_vec());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = self.0.open_in_place(nonce, Aad::from(associated_data), &mut secret);
        let length = opened.map_err(|_| DecryptionError::Damaged)?.len();
        secret.truncate(length);
        Ok(secret)
    }
}

/// Bytes from a cryptographically secure source.
fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).expect("the system provides randomness");
    bytes
}
