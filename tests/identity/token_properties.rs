//! Random tokens and key sets cause no panic and grant no access.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use esimpool::auth::{Authenticator, Issuer, IssuerPolicy, JwksCache, KeySet, Refusal};
use esimpool::clock::Clock;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestError, TestRunner};
use serde_json::{Value, json};

use crate::support::cases;
use crate::support::issuer::{Key, TENANT, claims};

cases! {
    once: [
        no_change_of_a_valid_token_is_valid,
        no_header_makes_an_unsigned_token_valid,
        no_claims_grant_access_by_accident,
        any_bytes_are_a_key_set_or_an_error,
        any_keys_are_used_or_skipped,
    ],
}

const ISSUER: &str = "https://login.example.com/11111111-2222-3333-4444-555555555555/v2.0";

/// An authenticator that trusts this key and caches accepted tokens.
fn authenticator(key: &Key) -> Authenticator {
    let keys = json!({ "keys": [key.jwk("k")] }).to_string();
    let keys = JwksCache::fixed(KeySet::parse(keys.as_bytes()).expect("a key set"));
    let policy = IssuerPolicy {
        issuer: ISSUER.to_owned(),
        audiences: vec!["api://esimpool".to_owned()],
        tenants: vec![TENANT.to_owned()],
        ..IssuerPolicy::default()
    };
    let issuer = Issuer::new(policy, keys).expect("an issuer");
    Authenticator::new(vec![issuer], 30, 100, Clock::system())
}

/// The caller of a token. The key never changes, so this never waits.
fn judge(authenticator: &Authenticator, token: &str) -> Result<(), Refusal> {
    let judged = authenticator.authenticate(token);
    futures_util::FutureExt::now_or_never(judged).expect("at once").map(drop)
}

fn holds<S: Strategy>(strategy: S, property: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let config = Config { cases: 400, failure_persistence: None, ..Config::default() };
    match TestRunner::new(config).run(&strategy, property) {
        Ok(()) => {}
        Err(TestError::Fail(reason, input)) => panic!("{reason}: {input:?}"),
        Err(TestError::Abort(reason)) => panic!("{reason}"),
    }
}

/// Any JSON, small.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        names().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(names(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Words that mean something in tokens and keys, and others.
fn names() -> impl Strategy<Value = String> {
    let known = [
        "alg",
        "kid",
        "typ",
        "crit",
        "jwk",
        "jku",
        "none",
        "ES256",
        "RS256",
        "HS256",
        "JWT",
        "k",
        "kty",
        "use",
        "sig",
        "n",
        "e",
        "x",
        "y",
        "crv",
        "P-256",
        "EC",
        "RSA",
        "OKP",
        "oct",
        "keys",
        "iss",
        "aud",
        "exp",
        "nbf",
        "iat",
        "tid",
        "scp",
        "roles",
        "appid",
        "oid",
        "idtyp",
        "app",
        "user",
        ISSUER,
        TENANT,
        "api://esimpool",
        "DeviceManagementConfiguration.ReadWrite.All",
    ];
    prop_oneof![prop::sample::select(known.to_vec()).prop_map(str::to_owned), any::<String>()]
}

async fn no_change_of_a_valid_token_is_valid() {
    let key = Key::es256();
    let good = key.sign("k", &claims(ISSUER));
    let trusting = authenticator(&key);
    judge(&trusting, &good).expect("a good token");
    let places = 0..good.len();
    holds((places, any::<u8>(), any::<bool>()), |(place, byte, insert)| {
        let mut changed = good.clone().into_bytes();
        let byte = byte % 95 + 32;
        if insert {
            changed.insert(place, byte);
        } else {
            changed[place] = byte;
        }
        let changed = String::from_utf8(changed).expect("ASCII");
        prop_assert_eq!(judge(&trusting, &changed).is_ok(), changed == good, "{}", changed);
        Ok(())
    });
    judge(&trusting, &good).expect("still a good token");
}

async fn no_header_makes_an_unsigned_token_valid() {
    let key = Key::es256();
    let trusting = authenticator(&key);
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let good = claims(ISSUER);
    let signature = prop::collection::vec(any::<u8>(), 0..80);
    let headers = prop::collection::hash_map(names(), any_json(), 0..6);
    holds((headers, signature), |(header, signature)| {
        let header = Value::Object(header.into_iter().collect());
        let token =
            format!("{}.{}.{}", part(&header), part(&good), URL_SAFE_NO_PAD.encode(signature));
        prop_assert!(judge(&trusting, &token).is_err());
        Ok(())
    });
}

async fn no_claims_grant_access_by_accident() {
    let key = Key::es256();
    let trusting = authenticator(&key);
    let good = claims(ISSUER);
    holds(prop::collection::hash_map(names(), any_json(), 0..4), |changes| {
        let mut changed = good.clone();
        for (name, value) in &changes {
            changed[name] = value.clone();
        }
        let judged = judge(&trusting, &key.sign("k", &changed));
        // Access depends on these claims; no others replace them.
        let kept = ["iss", "tid"].iter().all(|name| changed[name] == good[name]);
        let audience = &changed["aud"];
        let ours = audience == "api://esimpool"
            || audience.as_array().is_some_and(|all| all.contains(&json!("api://esimpool")));
        prop_assert!(judged.is_err() || (kept && ours), "{}", changed);
        Ok(())
    });
}

async fn any_bytes_are_a_key_set_or_an_error() {
    holds(prop::collection::vec(any::<u8>(), 0..2000), |bytes| {
        prop_assert!(KeySet::parse(&bytes).is_err());
        Ok(())
    });
}

async fn any_keys_are_used_or_skipped() {
    let good = Key::es256().jwk("good");
    let member = prop::collection::hash_map(names(), any_json(), 0..6)
        .prop_map(|map| Value::Object(map.into_iter().collect()));
    let keys = prop::collection::vec(prop_oneof![member, any_json()], 0..20);
    holds((keys, any::<prop::sample::Index>()), |(mut keys, place)| {
        let made_up = keys.len();
        keys.insert(place.index(made_up + 1), good.clone());
        // A valid key is found among arbitrary others, and no key is made of invalid ones.
        let set = KeySet::parse(json!({ "keys": keys }).to_string().as_bytes());
        let set = set.map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(set.len(), 1);
        Ok(())
    });
}
