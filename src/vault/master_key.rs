//! The master key.

use std::fmt;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use super::{Cipher, DecryptionError, KEY_LEN, random};

/// The key that wraps every tenant's keys.
pub struct MasterKey {
    id: MasterKeyId,
    cipher: Cipher,
}

/// Identifies a master key without revealing anything about it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MasterKeyId(String);

/// A string is not a master key. The message does not repeat it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be 32 random bytes in base64, as 'openssl rand -base64 32' prints them")]
pub struct MasterKeyError;

/// The plaintext of check values.
const CHECK_PLAINTEXT: &[u8] = b"esimpool master key";

impl MasterKey {
    /// A new key in base64.
    #[must_use]
    pub fn generate() -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(*Zeroizing::new(random::<KEY_LEN>())))
    }

    /// Parses a key: 32 bytes in base64, with or without whitespace around them.
    ///
    /// # Errors
    /// If it is anything else, or if all bytes are equal, which is never random.
    pub fn parse(text: &str) -> Result<Self, MasterKeyError> {
        let bytes = Zeroizing::new(STANDARD.decode(text.trim()).map_err(|_| MasterKeyError)?);
        let bytes: &[u8; KEY_LEN] = bytes.as_slice().try_into().map_err(|_| MasterKeyError)?;
        if bytes.iter().all(|byte| *byte == bytes[0]) {
            return Err(MasterKeyError);
        }
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, bytes), b"esimpool key id");
        let id = URL_SAFE_NO_PAD.encode(&tag.as_ref()[..9]);
        Ok(Self { id: MasterKeyId(id), cipher: Cipher::new(bytes) })
    }

    /// The id of this key, derived from the key.
    #[must_use]
    pub fn id(&self) -> &MasterKeyId {
        &self.id
    }

    /// A value to store with the data, by which a later start recognizes this key.
    #[must_use]
    pub fn check_value(&self) -> Vec<u8> {
        self.cipher.seal(self.id.0.as_bytes(), CHECK_PLAINTEXT)
    }

    /// Whether this key produced the check value.
    #[must_use]
    pub fn matches_check_value(&self, check_value: &[u8]) -> bool {
        self.cipher
            .open(self.id.0.as_bytes(), check_value)
            .is_ok_and(|plaintext| *plaintext == CHECK_PLAINTEXT)
    }

    pub(super) fn wrap(&self, associated_data: &[u8], key: &[u8; KEY_LEN]) -> Vec<u8> {
        self.cipher.seal(associated_data, key)
    }

    pub(super) fn unwrap(
        &self,
        associated_data: &[u8],
        wrapped: &[u8],
    ) -> Result<Zeroizing<[u8; KEY_LEN]>, DecryptionError> {
        let key = self.cipher.open(associated_data, wrapped)?;
        let key: &[u8; KEY_LEN] =
            key.as_slice().try_into().map_err(|_| DecryptionError::Damaged)?;
        Ok(Zeroizing::new(*key))
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({})", self.id.0)
    }
}

impl MasterKeyId {
    /// The id as the database stores it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MasterKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::MasterKey;

    #[test]
    fn a_key_knows_its_own_check_value_and_no_other() {
        let [one, two] = [MasterKey::generate(), MasterKey::generate()]
            .map(|text| MasterKey::parse(&format!(" {}\n", *text)).expect("a generated key"));
        assert!(one.matches_check_value(&one.check_value()));
        assert!(!two.matches_check_value(&one.check_value()));
        assert_ne!(one.id(), two.id());
    }

    #[test]
    fn what_is_no_key_is_refused_without_repeating_it() {
        for text in ["", "short", "c2hvcnQ=", &"A".repeat(43), &format!("{}=", "A".repeat(43))] {
            let refusal = MasterKey::parse(text).expect_err(text).to_string();
            assert!(text.is_empty() || !refusal.contains(text));
        }
    }
}
