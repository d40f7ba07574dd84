//! The keys of one tenant as the database stores them.

use zeroize::Zeroizing;

use super::{Cipher, DecryptionError, KeyId, MasterKey, TenantKeys, random};
use crate::domain::TenantId;

/// A data key of a tenant with its fingerprint key, as the database stores them.
#[derive(Clone, Debug)]
pub struct WrappedKeys {
    /// The number of the data key.
    pub id: KeyId,
    /// The data key, wrapped by the master key.
    pub data: Vec<u8>,
    /// The fingerprint key, wrapped by the master key.
    pub fingerprint: Vec<u8>,
}

impl WrappedKeys {
    /// New keys for a tenant.
    #[must_use]
    pub fn generate(tenant: TenantId, master: &MasterKey) -> Self {
        let id = KeyId(1);
        Self {
            id,
            data: master.wrap(&wrapping_data(tenant, "data", id), &Zeroizing::new(random())),
            fingerprint: master
                .wrap(&wrapping_data(tenant, "fingerprint", id), &Zeroizing::new(random())),
        }
    }

    /// The same keys, wrapped by another master key.
    ///
    /// # Errors
    /// If `old` does not unwrap them.
    pub fn rewrap(
        &self,
        tenant: TenantId,
        old: &MasterKey,
        new: &MasterKey,
    ) -> Result<Self, DecryptionError> {
        let rewrap = |purpose: &str, wrapped: &[u8]| {
            let associated_data = wrapping_data(tenant, purpose, self.id);
            Ok(new.wrap(&associated_data, &*old.unwrap(&associated_data, wrapped)?))
        };
        Ok(Self {
            id: self.id,
            data: rewrap("data", &self.data)?,
            fingerprint: rewrap("fingerprint", &self.fingerprint)?,
        })
    }

    /// A new data key to follow this one, with the same fingerprint key.
    ///
    /// # Errors
    /// If `master` does not unwrap this one.
    pub fn next(&self, tenant: TenantId, master: &MasterKey) -> Result<Self, DecryptionError> {
        let id = KeyId(self.id.0 + 1);
        let kept = wrapping_data(tenant, "fingerprint", self.id);
        let fingerprint = master.unwrap(&kept, &self.fingerprint)?;
        Ok(Self {
            id,
            data: master.wrap(&wrapping_data(tenant, "data", id), &Zeroizing::new(random())),
            fingerprint: master.wrap(&wrapping_data(tenant, "fingerprint", id), &fingerprint),
        })
    }

    /// Unwraps the keys. The data key is the one that seals.
    ///
    /// # Errors
    /// If `master` does not unwrap them.
    pub fn unwrap(
        &self,
        tenant: TenantId,
        master: &MasterKey,
    ) -> Result<TenantKeys, DecryptionError> {
        let data = self.unwrap_data(tenant, master)?;
        let associated_data = wrapping_data(tenant, "fingerprint", self.id);
        let fingerprint = master.unwrap(&associated_data, &self.fingerprint)?;
        Ok(TenantKeys::new(tenant, self.id, data, &fingerprint))
    }

    /// Unwraps keys of which the first is the newest: it seals, and the others only open.
    ///
    /// # Errors
    /// [`DecryptionError::UnknownKey`] if there is none, and [`DecryptionError::Damaged`] if `master`
    /// does not unwrap all of them.
    pub fn unwrap_all(
        newest_first: &[Self],
        tenant: TenantId,
        master: &MasterKey,
    ) -> Result<TenantKeys, DecryptionError> {
        let (newest, older) = newest_first.split_first().ok_or(DecryptionError::UnknownKey)?;
        let mut keys = newest.unwrap(tenant, master)?;
        for wrapped in older {
            keys.add_older(wrapped.id, wrapped.unwrap_data(tenant, master)?);
        }
        Ok(keys)
    }

    fn unwrap_data(&self, tenant: TenantId, master: &MasterKey) -> Result<Cipher, DecryptionError> {
        let data = master.unwrap(&wrapping_data(tenant, "data", self.id), &self.data)?;
        Ok(Cipher::new(&data))
    }
}

/// The associated data that binds a wrapped key to its tenant and purpose.
fn wrapping_data(tenant: TenantId, purpose: &str, id: KeyId) -> Vec<u8> {
    format!("esimpool {purpose} key {} of {tenant}", id.0).into_bytes()
}
