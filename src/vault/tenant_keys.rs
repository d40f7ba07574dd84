//! The keys of one tenant.

use std::fmt;

use aws_lc_rs::hmac;

use super::{Cipher, DecryptionError, KEY_LEN};
use crate::domain::{
    ActivationCode, CodeId, ConfirmationCode, Iccid, MatchingId, PoolId, TenantId,
};

/// The number of a tenant's data key, stored with each secret that it sealed. The first is 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyId(pub i32);

/// A keyed 128-bit hash of the host and the matching id of an activation code: equal for equal codes
/// of one tenant, and meaningless without the key. For codes without a matching id, the hash
/// includes the ICCID.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 16]);

/// The unwrapped keys of a tenant: a data key that seals, any number of older ones that only open,
/// and the fingerprint key.
pub struct TenantKeys {
    tenant: TenantId,
    /// The newest data key, which seals.
    id: KeyId,
    data: Cipher,
    older: Vec<(KeyId, Cipher)>,
    fingerprint: hmac::Key,
}

impl TenantKeys {
    pub(super) fn new(
        tenant: TenantId,
        id: KeyId,
        data: Cipher,
        fingerprint: &[u8; KEY_LEN],
    ) -> Self {
        let fingerprint = hmac::Key::new(hmac::HMAC_SHA256, fingerprint);
        Self { tenant, id, data, older: Vec::new(), fingerprint }
    }

    /// Adds a data key that only opens.
    pub(super) fn add_older(&mut self, id: KeyId, data: Cipher) {
        self.older.push((id, data));
    }

    /// The number of the data key that seals.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// Seals a secret for one row. It cannot be opened for another tenant, pool or code.
    #[must_use]
    pub fn seal(&self, pool: PoolId, code: CodeId, matching_id: &MatchingId) -> Vec<u8> {
        self.data.seal(&self.row(pool, code), matching_id.expose().as_bytes())
    }

    /// Opens a secret that was sealed for this row with the data key `key`.
    ///
    /// # Errors
    /// [`DecryptionError::UnknownKey`] if there is no such data key here, and
    /// [`DecryptionError::Damaged`] if the secret was sealed for another row or with another key.
    pub fn open(
        &self,
        key: KeyId,
        pool: PoolId,
        code: CodeId,
        sealed: &[u8],
    ) -> Result<MatchingId, DecryptionError> {
        self.open_text(key, &self.row(pool, code), sealed).map(MatchingId::stored)
    }

    /// Seals a confirmation code for one row. It cannot be opened for another row, nor as a matching id.
    #[must_use]
    pub fn seal_confirmation(
        &self,
        pool: PoolId,
        code: CodeId,
        secret: &ConfirmationCode,
    ) -> Vec<u8> {
        self.data.seal(&self.confirmation_of(pool, code), secret.expose().as_bytes())
    }

    /// Opens a confirmation code that was sealed for this row with the data key `key`.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_confirmation(
        &self,
        key: KeyId,
        pool: PoolId,
        code: CodeId,
        sealed: &[u8],
    ) -> Result<ConfirmationCode, DecryptionError> {
        let row = self.confirmation_of(pool, code);
        self.open_text(key, &row, sealed).map(ConfirmationCode::stored)
    }

    /// As [`reseal`](Self::reseal), of a confirmation code.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn reseal_confirmation(
        &self,
        key: KeyId,
        pool: PoolId,
        code: CodeId,
        sealed: &[u8],
    ) -> Result<Vec<u8>, DecryptionError> {
        self.reseal_for(key, &self.confirmation_of(pool, code), sealed)
    }

    /// Seals a secret with the newest data key that was sealed for the same row with the data key
    /// `key`.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn reseal(
        &self,
        key: KeyId,
        pool: PoolId,
        code: CodeId,
        sealed: &[u8],
    ) -> Result<Vec<u8>, DecryptionError> {
        self.reseal_for(key, &self.row(pool, code), sealed)
    }

    /// Opens a secret that was sealed with this associated data.
    fn open_text(
        &self,
        key: KeyId,
        associated: &[u8],
        sealed: &[u8],
    ) -> Result<String, DecryptionError> {
        let mut secret = self.cipher(key)?.open(associated, sealed)?;
        let secret = String::from_utf8(std::mem::take(&mut *secret));
        secret.map_err(|_| DecryptionError::Damaged)
    }

    fn reseal_for(
        &self,
        key: KeyId,
        associated: &[u8],
        sealed: &[u8],
    ) -> Result<Vec<u8>, DecryptionError> {
        Ok(self.data.seal(associated, &self.cipher(key)?.open(associated, sealed)?))
    }

    /// Whether what the data key of this number sealed can be opened.
    #[must_use]
    pub fn has(&self, key: KeyId) -> bool {
        self.cipher(key).is_ok()
    }

    fn cipher(&self, key: KeyId) -> Result<&Cipher, DecryptionError> {
        if key == self.id {
            return Ok(&self.data);
        }
        let older = self.older.iter().find(|(id, _)| *id == key);
        older.map(|(_, cipher)| cipher).ok_or(DecryptionError::UnknownKey)
    }

    /// The fingerprint of a code. Hosts are compared as [`SmdpAddress`] compares them.
    ///
    /// [`SmdpAddress`]: crate::domain::SmdpAddress
    #[must_use]
    pub fn fingerprint(&self, code: &ActivationCode) -> Fingerprint {
        let host = code.smdp_address.bare().to_ascii_lowercase();
        let mut hash = hmac::Context::with_key(&self.fingerprint);
        hash.update(host.as_bytes());
        // U+0000 occurs in none of the strings, so it separates them unambiguously.
        hash.update(&[0]);
        let matching_id = code.matching_id.expose();
        hash.update(matching_id.as_bytes());
        if matching_id.is_empty() {
            hash.update(&[0]);
            hash.update(Iccid::normalized(code.iccid.as_str()).as_bytes());
        }
        let tag = hash.sign();
        let (fingerprint, _) = tag.as_ref().split_first_chunk().expect("a tag has 32 bytes");
        Fingerprint(*fingerprint)
    }

    /// A keyed hash of any bytes, which cannot be guessed without the key.
    #[must_use]
    pub fn mac(&self, message: &[u8]) -> [u8; 32] {
        let mut hash = hmac::Context::with_key(&self.fingerprint);
        // A host never begins with U+0000, so this differs from every fingerprint.
        hash.update(&[0]);
        hash.update(message);
        let tag = hash.sign();
        *tag.as_ref().first_chunk().expect("a tag has 32 bytes")
    }

    /// The associated data of a confirmation code. It is longer than that of a matching id, so that
    /// neither opens in the place of the other.
    fn confirmation_of(&self, pool: PoolId, code: CodeId) -> Vec<u8> {
        [&self.row(pool, code)[..], b"confirmation code"].concat()
    }

    fn row(&self, pool: PoolId, code: CodeId) -> [u8; 48] {
        let mut row = [0; 48];
        let ids = [self.tenant.uuid(), pool.uuid(), code.uuid()];
        for (part, id) in row.chunks_exact_mut(16).zip(ids) {
            part.copy_from_slice(id.as_bytes());
        }
        row
    }
}

impl Fingerprint {
    /// The bytes as the database stores them.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprint(…)")
    }
}

impl fmt::Debug for TenantKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TenantKeys({}, {:?})", self.tenant, self.id)
    }
}
