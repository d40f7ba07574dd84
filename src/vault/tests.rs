//! Secrets are opened in their own row, by their own keys.

use super::{DecryptionError, KEY_LEN, MasterKey, TenantKeys, WrappedKeys};
use crate::domain::{
    ActivationCode, CodeId, ConfirmationCode, Iccid, IdGenerator, MatchingId, PoolId, TenantId,
    Validation,
};
use DecryptionError::Damaged;

fn master() -> MasterKey {
    MasterKey::parse(&MasterKey::generate()).expect("a generated key")
}

fn code(address: &str, matching_id: &str) -> ActivationCode {
    let [iccid, matching_id, address] = ["1", matching_id, address].map(str::to_owned);
    ActivationCode::parse(iccid, matching_id, address, Validation::Lenient, 255).expect("a code")
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
    assert_eq!(keys.open(keys.id(), pool, id, &sealed), Ok(secret));
    assert!(keys.open(keys.id(), ids.next(), id, &sealed).is_err());
    assert!(keys.open(keys.id(), pool, ids.next(), &sealed).is_err());
    assert!(keys.open(keys.id(), pool, id, &sealed[..20]).is_err());
    assert!(keys.open(keys.id(), pool, id, &[]).is_err());
    assert!(wrapped.unwrap(other, &master).is_err(), "another tenant's row");
    assert!(wrapped.unwrap(tenant, &self::master()).is_err(), "another master key");
    assert_eq!(wrapped.data.len(), 12 + KEY_LEN + 16);

    // Rewrapped, they are the same keys.
    let new = self::master();
    let again = wrapped.rewrap(tenant, &master, &new).expect("its own keys");
    assert!(again.unwrap(tenant, &master).is_err());
    let keys = again.unwrap(tenant, &new).expect("its own keys");
    assert_eq!(
        keys.open(keys.id(), pool, id, &sealed),
        Ok(code("a.example.com", "SECRET-1").matching_id)
    );
    assert!(wrapped.rewrap(tenant, &new, &master).is_err(), "not the key it is under");
}

#[test]
fn a_new_data_key_seals_and_the_older_one_opens_what_it_sealed() {
    let ids = IdGenerator::counting();
    let master = master();
    let tenant: TenantId = ids.next();
    let (pool, id): (PoolId, CodeId) = (ids.next(), ids.next());
    let old = WrappedKeys::generate(tenant, &master);
    let new = old.next(tenant, &master).expect("its own keys");
    let old_keys = old.unwrap(tenant, &master).expect("its own keys");
    let secret = code("a.example.com", "SECRET-1");
    let sealed = old_keys.seal(pool, id, &secret.matching_id);

    let keys = new.unwrap(tenant, &master).expect("its own keys");
    assert_eq!(
        keys.open(old.id, pool, id, &sealed),
        Err(DecryptionError::UnknownKey),
        "an older key is read first"
    );
    let both = [new.clone(), old.clone()];
    let keys = WrappedKeys::unwrap_all(&both, tenant, &master).expect("its own keys");
    assert_eq!((keys.id(), keys.open(new.id, pool, id, &sealed)), (new.id, Err(Damaged)));
    assert_eq!(keys.open(old.id, pool, id, &sealed), Ok(secret.matching_id.clone()));
    assert_eq!(keys.fingerprint(&secret), old_keys.fingerprint(&secret));

    let again = keys.reseal(old.id, pool, id, &sealed).expect("it opens");
    assert_eq!(keys.open(new.id, pool, id, &again), Ok(secret.matching_id));
    assert_eq!(old_keys.open(old.id, pool, id, &again), Err(Damaged));
    assert_eq!(keys.reseal(old.id, pool, ids.next(), &sealed), Err(Damaged));
}

#[test]
fn equal_codes_share_a_fingerprint_within_a_tenant_only() {
    let ids = IdGenerator::counting();
    let master = master();
    let [one, two] = [ids.next(), ids.next()].map(|tenant: TenantId| {
        WrappedKeys::generate(tenant, &master).unwrap(tenant, &master).expect("its own keys")
    });
    let print =
        |keys: &TenantKeys, address, matching_id| keys.fingerprint(&code(address, matching_id));
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

#[test]
fn a_confirmation_code_opens_in_its_own_place_and_no_other() {
    let ids = IdGenerator::counting();
    let master = master();
    let tenant: TenantId = ids.next();
    let (pool, id, other): (PoolId, CodeId, CodeId) = (ids.next(), ids.next(), ids.next());
    let keys =
        WrappedKeys::generate(tenant, &master).unwrap(tenant, &master).expect("its own keys");
    let secret = ConfirmationCode::stored("4711".to_owned());
    let sealed = keys.seal_confirmation(pool, id, &secret);
    let open = |code| keys.open_confirmation(keys.id(), pool, code, &sealed);
    assert_eq!(open(id), Ok(secret.clone()));
    assert_eq!(open(other), Err(DecryptionError::Damaged));
    // Neither secret of a code opens as the other.
    assert!(keys.open(keys.id(), pool, id, &sealed).is_err());
    let matching_id = keys.seal(pool, id, &MatchingId::stored("4711".to_owned()));
    assert!(keys.open_confirmation(keys.id(), pool, id, &matching_id).is_err());
    let again = keys.reseal_confirmation(keys.id(), pool, id, &sealed).expect("sealed again");
    assert_eq!(keys.open_confirmation(keys.id(), pool, id, &again), Ok(secret.clone()));
    assert!(!format!("{secret:?}").contains("4711"));
}
