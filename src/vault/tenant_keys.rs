//! The keys of one tenant.

use std::fmt;

use aws_lc_rs::hmac;
use zeroize::Zeroizing;

use super::{Cipher, DecryptionError, MasterKey, random};
use crate::domain::{ActivationCode, CodeId, Iccid, MatchingId, PoolId, TenantId};

/// The number of a tenant's data key, stored with each secret that it sealed. The first is 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyId(pub i32);

/// A keyed 128-bit hash of the host and the matching id of an activation code: equal for equal codes
/// of one tenant, and meaningless without the key. For codes without a matching id, the hash
/// includes the ICCID.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 16]);

/// The unwrapped keys of a tenant.
pub struct TenantKeys {
    tenant: TenantId,
    id: KeyId,
    data: Cipher,
    fingerprint: hmac::Key,
}

/// The keys of a tenant as the database stores them.
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

    /// Unwraps the keys.
    ///
    /// # Errors
    /// If `master` does not unwrap them.
    pub fn unwrap(
        &self,
        tenant: TenantId,
        master: &MasterKey,
    ) -> Result<TenantKeys, DecryptionError> {
        let data = master.unwrap(&wrapping_data(tenant, "data", self.id), &self.data)?;
        let fingerprint =
            master.unwrap(&wrapping_data(tenant, "fingerprint", self.id), &self.fingerprint)?;
        Ok(TenantKeys {
            tenant,
            id: self.id,
            data: Cipher::new(&data),
            fingerprint: hmac::Key::new(hmac::HMAC_SHA256, &*fingerprint),
        })
    }
}

/// The associated data that binds a wrapped key to its tenant and purpose.
fn wrapping_data(tenant: TenantId, purpose: &str, id: KeyId) -> Vec<u8> {
    format!("esimpool {purpose} key {} of {tenant}", id.0).into_bytes()
}

impl TenantKeys {
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

    /// Opens a secret that was sealed for this row.
    ///
    /// # Errors
    /// If it was sealed for another row or with another key.
    pub fn open(
        &self,
        pool: PoolId,
        code: CodeId,
        sealed: &[u8],
    ) -> Result<MatchingId, DecryptionError> {
        let mut secret = self.data.open(&self.row(pool, code), sealed)?;
        let secret = String::from_utf8(std::mem::take(&mut *secret));
        secret.map(MatchingId::stored).map_err(|_| DecryptionError)
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

#[cfg(test)]
mod tests {
    use super::super::KEY_LEN;
    use super::WrappedKeys;
    use crate::domain::{ActivationCode, CodeId, Iccid, IdGenerator, PoolId, TenantId, Validation};
    use crate::vault::MasterKey;

    fn master() -> MasterKey {
        MasterKey::parse(&MasterKey::generate()).expect("a generated key")
    }

    fn code(address: &str, matching_id: &str) -> ActivationCode {
        let [iccid, matching_id, address] = ["1", matching_id, address].map(str::to_owned);
        ActivationCode::parse(iccid, matching_id, address, Validation::Lenient, 255)
            .expect("a code")
    }

    #[test]
    fn a_secret_opens_in_its_own_row_and_nowhere_else() {
        let ids = IdGenerator::counting();
        let master = master();
        let (tenant, other): (TenantId, TenantId) = (ids.next(), ids.next());
        let (pool, id): (PoolId, CodeId) = (ids.next(), ids.next());
        let wrapped = WrappedKeys::generate(tenant, &master);
        let keys = wrapped.unwrap(tenant, &master).expect("its own keys");
        let secret = code("a.example.com", "SECRET-1").matching_id;

        let sealed = keys.seal(pool, id, &secret);
        assert!(!sealed.windows(8).any(|window| window == b"SECRET-1"));
        assert_eq!(sealed.len(), 12 + 8 + 16);
        assert_ne!(sealed, keys.seal(pool, id, &secret), "the same secret never looks the same");
        assert_eq!(keys.open(pool, id, &sealed), Ok(secret));
        assert!(keys.open(ids.next(), id, &sealed).is_err());
        assert!(keys.open(pool, ids.next(), &sealed).is_err());
        assert!(keys.open(pool, id, &sealed[..20]).is_err());
        assert!(keys.open(pool, id, &[]).is_err());
        assert!(wrapped.unwrap(other, &master).is_err(), "another tenant's row");
        assert!(wrapped.unwrap(tenant, &self::master()).is_err(), "another master key");
        assert_eq!(wrapped.data.len(), 12 + KEY_LEN + 16);

        // Rewrapped, they are the same keys.
        let new = self::master();
        let again = wrapped.rewrap(tenant, &master, &new).expect("its own keys");
        assert!(again.unwrap(tenant, &master).is_err());
        let keys = again.unwrap(tenant, &new).expect("its own keys");
        assert_eq!(keys.open(pool, id, &sealed), Ok(code("a.example.com", "SECRET-1").matching_id));
        assert!(wrapped.rewrap(tenant, &new, &master).is_err(), "not the key it is under");
    }

    #[test]
    fn equal_codes_share_a_fingerprint_within_a_tenant_only() {
        let ids = IdGenerator::counting();
        let master = master();
        let [one, two] = [ids.next(), ids.next()].map(|tenant: TenantId| {
            WrappedKeys::generate(tenant, &master).unwrap(tenant, &master).expect("its own keys")
        });
        let print = |keys: &super::TenantKeys, address, matching_id| {
            keys.fingerprint(&code(address, matching_id))
        };
        assert_eq!(print(&one, "a.example.com", "X"), print(&one, "A.Example.COM", "X"));
        assert_ne!(print(&one, "a.example.com", "X"), print(&one, "a.example.com", "x"));
        assert_ne!(print(&one, "a.example.com", "X"), print(&two, "a.example.com", "X"));
        assert_ne!(print(&one, "ab", "c"), print(&one, "a", "bc"));
        for host in [" a.example.com", "a.example.com ", "a.example.com.", "A.example.com. "] {
            assert_eq!(print(&one, "a.example.com", "X"), print(&one, host, "X"), "{host:?}");
        }
    }

    #[test]
    fn without_a_matching_id_the_iccid_tells_codes_apart() {
        let tenant: TenantId = IdGenerator::counting().next();
        let master = master();
        let keys = WrappedKeys::generate(tenant, &master).unwrap(tenant, &master);
        let keys = keys.expect("its own keys");
        let print = |iccid: &str, matching_id| {
            let mut code = code("a.example.com", matching_id);
            code.iccid = Iccid::stored(iccid.to_owned());
            keys.fingerprint(&code)
        };
        assert_ne!(print("8944500102198304826", ""), print("8944500102198304834", ""));
        assert_eq!(print("8944500102198304826", ""), print("8944500102198304826F", ""));
        assert_eq!(print("8944500102198304826", "X"), print("8944500102198304834", "X"));
    }
}
