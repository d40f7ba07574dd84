//! The key from the settings.

use std::fmt;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::{Cipher, DecryptionError, KEY_LEN, random};

/// The key that wraps every tenant's keys.
pub struct MasterKey {
    id: MasterKeyId,
    cipher: Cipher,
}

/// Names a master key without telling anything about it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MasterKeyId(String);

/// Why a text is no master key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be 32 random bytes in base64; 'openssl rand -base64 32' makes some")]
pub struct MasterKeyError;

/// What is sealed to tell one master key from another.
const CHECK: &[u8] = b"esimpool master key";

impl MasterKey {
    /// The text of a new key.
    #[must_use]
    pub fn generate() -> String {
        STANDARD.encode(random::<KEY_LEN>())
    }

    /// Reads the key from its text: base64 of 32 bytes; blanks around it do not count.
    pub fn parse(text: &str) -> Result<Self, MasterKeyError> {
        let bytes = STANDARD.decode(text.trim()).map_err(|_| MasterKeyError)?;
        let bytes: [u8; KEY_LEN] = bytes.try_into().map_err(|_| MasterKeyError)?;
        if bytes.iter().all(|byte| *byte == bytes[0]) {
            return Err(MasterKeyError);
        }
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &bytes), b"esimpool key id");
        let id = URL_SAFE_NO_PAD.encode(&tag.as_ref()[..9]);
        Ok(Self { id: MasterKeyId(id), cipher: Cipher::new(&bytes) })
    }

    /// The name of this key.
    #[must_use]
    pub fn id(&self) -> &MasterKeyId {
        &self.id
    }

    /// A value to store, by which a later start knows this key again.
    #[must_use]
    pub fn check_value(&self) -> Vec<u8> {
        self.cipher.seal(self.id.0.as_bytes(), CHECK)
    }

    /// Whether this is the key that made the check value.
    #[must_use]
    pub fn matches_check_value(&self, check_value: &[u8]) -> bool {
        self.cipher.open(self.id.0.as_bytes(), check_value).is_ok_and(|text| text == CHECK)
    }

    pub(super) fn wrap(&self, place: &[u8], key: &[u8; KEY_LEN]) -> Vec<u8> {
        self.cipher.seal(place, key)
    }

    pub(super) fn unwrap(
        &self,
        place: &[u8],
        wrapped: &[u8],
    ) -> Result<[u8; KEY_LEN], DecryptionError> {
        self.cipher.open(place, wrapped)?.try_into().map_err(|_| DecryptionError)
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({})", self.id.0)
    }
}

impl MasterKeyId {
    /// The id as it is stored.
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
            .map(|text| MasterKey::parse(&format!(" {text}\n")).expect("a generated key"));
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
