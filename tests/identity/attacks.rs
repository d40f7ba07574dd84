//! Every known attack on a token, and how it is refused: the status, the challenge, the
//! code, and that nothing was stored.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use esimpool::auth::{Permission, Wrong};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::forgery::{SECRET, by_secret, bytes, forged, hmac, zeros};
use crate::support::issuer::{Key, TestIssuer};
use crate::support::{Answer, EXAMPLE, Engine, POOLS, TestApp, cases};

cases! {
    once: [
        every_attack_that_a_token_carries_is_refused,
        every_attack_on_how_a_token_is_sent_is_refused,
        every_attack_on_a_key_set_is_refused,
        a_token_for_a_tenant_outside_its_issuers_policy_is_refused,
    ],
}

const MALFORMED: &str = "CompactToken parsing failed: the JWT is not well formed.";
const HEADER: &str = "CompactToken parsing failed: the JWT header is not that of an access token.";
const ISSUER: &str = "Access token validation failure. Invalid issuer.";
const KEY: &str = "Access token validation failure. The signing key is not known.";
const SIGNATURE: &str = "Access token validation failure. Invalid signature.";
const NO_ACCESS: &str = "Access token validation failure. This is not an access token.";
const AUDIENCE: &str = "Access token validation failure. Invalid audience.";
const TENANT: &str = "Access token validation failure. Invalid tenant.";
const EXPIRED: &str = "Lifetime validation failed, the token is expired.";
const IMMATURE: &str = "Lifetime validation failed, the token is not yet valid.";
const PERSONAL: &str = "Personal Microsoft accounts are not supported by this API.";
const LONG: &str = "The access token is too long.";
/// The message about a claim of an unusable form.
macro_rules! claim {
    ($name:literal) => {
        concat!(
            "Access token validation failure. The claim '",
            $name,
            "' has a form that cannot be used."
        )
    };
}
/// Known, but not permitted.
const FORBIDDEN: &str = "";

/// What a token can carry, and the check that stops it.
const ATTACKS: &[(&str, &str)] = &[
    ("expired", EXPIRED),
    ("expired-just", EXPIRED),
    ("immature", IMMATURE),
    ("future", IMMATURE),
    ("no-expiry", MALFORMED),
    ("expiry-text", claim!("exp")),
    ("audience", AUDIENCE),
    ("audience-number", claim!("aud")),
    ("audience-part", AUDIENCE),
    ("no-audience", AUDIENCE),
    ("issuer", ISSUER),
    ("issuer-number", claim!("iss")),
    ("issuer-case", ISSUER),
    ("issuer-tenant", TENANT),
    ("issuer-path", ISSUER),
    ("issuer-host", ISSUER),
    ("no-issuer", ISSUER),
    ("issuer-list", claim!("iss")),
    ("tenant", TENANT),
    ("no-tenant", TENANT),
    ("personal", PERSONAL),
    ("signature", SIGNATURE),
    ("signature-cut", SIGNATURE),
    ("signature-long", SIGNATURE),
    ("signature-spelling", SIGNATURE),
    ("signature-none", MALFORMED),
    ("signature-padded", SIGNATURE),
    ("claims-changed", SIGNATURE),
    ("unsigned", KEY),
    ("unsigned-case", KEY),
    ("hmac", KEY),
    ("hmac-512", KEY),
    ("algorithm", KEY),
    ("ecdsa-zero", KEY),
    ("key-id", KEY),
    ("no-key-id", SIGNATURE),
    ("key-id-long", KEY),
    ("key-id-nul", KEY),
    ("key-id-path", KEY),
    ("key-id-sql", KEY),
    ("key-url", KEY),
    ("key-inside", KEY),
    ("certificate-url", KEY),
    ("critical-unknown", HEADER),
    ("critical", HEADER),
    ("type", HEADER),
    ("type-id", HEADER),
    ("header-twice", MALFORMED),
    ("claims-list", MALFORMED),
    ("encrypted", MALFORMED),
    ("claim-twice", MALFORMED),
    ("garbage", MALFORMED),
    ("too-long", LONG),
    ("scp-list", claim!("scp")),
    ("roles-number", claim!("roles")),
    ("scp-comma", FORBIDDEN),
    ("scp-empty", FORBIDDEN),
    ("scp-beside-roles", FORBIDDEN),
    ("no-permission", FORBIDDEN),
    ("id-token", NO_ACCESS),
    ("no-application", NO_ACCESS),
    ("permission-suffix", FORBIDDEN),
    ("permission-prefix", FORBIDDEN),
    ("permission-cut", FORBIDDEN),
    ("permission-blank", FORBIDDEN),
    ("permission-case", FORBIDDEN),
    ("permission-lookalike", FORBIDDEN),
];

/// Asserts that a refusal is the one expected, to the letter.
#[track_caller]
fn is_stopped(name: &str, answer: &Answer, message: &str) {
    let (status, code, told, challenge) = if message == FORBIDDEN {
        (
            403,
            "Forbidden",
            "Application is not authorized to perform this operation. Application must have one \
             of the following scopes: DeviceManagementConfiguration.ReadWrite.All"
                .to_owned(),
            "error=\"insufficient_scope\", scope=\"DeviceManagementConfiguration.ReadWrite.All\""
                .to_owned(),
        )
    } else {
        let challenge = format!("error=\"invalid_token\", error_description=\"{message}\"");
        (401, "InvalidAuthenticationToken", message.to_owned(), challenge)
    };
    assert_eq!(answer.status.as_u16(), status, "{name}: {}", answer.text());
    assert_eq!(answer.is_refused(status, code), told, "{name}");
    assert_eq!(
        answer.header("www-authenticate"),
        format!("Bearer realm=\"\", {challenge}"),
        "{name}"
    );
}

async fn nothing_was_stored(app: &TestApp) {
    assert_eq!(app.database.number("select count(*) from pools").await, 0);
}

async fn every_attack_that_a_token_carries_is_refused() {
    let known: BTreeSet<_> = Wrong::ALL.iter().map(|wrong| wrong.name).collect();
    let listed: BTreeSet<_> = ATTACKS.iter().map(|(name, _)| *name).collect();
    assert_eq!(known, listed);
    assert_eq!((known.len(), listed.len()), (Wrong::ALL.len(), ATTACKS.len()), "each once");

    let app = TestApp::start(Engine::Sqlite).await;
    for (name, message) in ATTACKS {
        for delegated in [false, true] {
            let wrong = Wrong::named(name).expect("a kind");
            let attacker = app.tenant("contoso").wrong(wrong, delegated);
            // Twice: what was refused is not remembered as anything else.
            for _ in 0..2 {
                let name = format!("{name}, delegated: {delegated}");
                is_stopped(&name, &attacker.post(POOLS, EXAMPLE).await, message);
            }
        }
    }
    nothing_was_stored(&app).await;
    for good in [app.writer(), app.tenant("contoso").user(Permission::ConfigurationReadWriteAll)] {
        good.post(POOLS, EXAMPLE).await.is(201);
    }
}

async fn every_attack_on_how_a_token_is_sent_is_refused() {
    let app = TestApp::start(Engine::Sqlite).await;
    let token = app.writer_token();
    let none = "Bearer realm=\"\"";
    let twice = "Bearer realm=\"\", error=\"invalid_request\"";
    for (name, path, headers, challenge) in [
        ("no token", POOLS.to_owned(), vec![], none),
        ("an empty token", POOLS.to_owned(), vec!["Bearer ".to_owned()], none),
        ("a token in the query", format!("{POOLS}?access_token={token}"), vec![], none),
        (
            "two headers",
            POOLS.to_owned(),
            vec![format!("Bearer {token}"), format!("Bearer {token}")],
            twice,
        ),
        (
            "two schemes",
            POOLS.to_owned(),
            vec![format!("Bearer {token}"), "Basic eDp5".to_owned()],
            twice,
        ),
        ("another scheme", POOLS.to_owned(), vec![format!("DPoP {token}")], none),
        ("a password", POOLS.to_owned(), vec!["Basic eDp5".to_owned()], none),
        ("no scheme", POOLS.to_owned(), vec![token.clone()], none),
    ] {
        let mut request = app.anonymous().request(Method::POST, &path);
        for header in &headers {
            request = request.header("authorization", header);
        }
        let request = request.header("content-type", "application/json").body(EXAMPLE);
        let answer = Answer::of(request).await;
        answer.is_refused(401, "InvalidAuthenticationToken");
        assert_eq!(answer.header("www-authenticate"), challenge, "{name}");
    }
    // Long before a megabyte, the HTTP parser has enough.
    let long = format!("Bearer {}", "x".repeat(1 << 20));
    let request = app.anonymous().request(Method::POST, POOLS).header("authorization", long);
    if let Ok(answer) = Answer::try_of(request.body(EXAMPLE)).await {
        assert!((400..500).contains(&answer.status.as_u16()), "{}", answer.status);
    }
    nothing_was_stored(&app).await;
    let spelled = app.anonymous().request(Method::POST, POOLS);
    let spelled = spelled.header("authorization", format!("bEaReR {token}"));
    let spelled = spelled.header("content-type", "application/json").body(EXAMPLE);
    Answer::of(spelled).await.is(201);
}

async fn every_attack_on_a_key_set_is_refused() {
    let (key, other) = (Key::es256(), Key::es256());
    let jwk = key.jwk("k");
    let with = |name: &str, value: Value| {
        let mut jwk = jwk.clone();
        jwk[name] = value;
        jwk
    };
    let mut flood = vec![other.jwk("k"); 10_000];
    flood.push(jwk.clone());
    let small = json!({ "kty": "RSA", "kid": "k", "e": "AQAB", "n": "x".repeat(86) });
    let shared = json!({ "kty": "oct", "kid": "k", "k": URL_SAFE_NO_PAD.encode(SECRET) });
    let point = [&[4][..], &bytes(&jwk["x"]), &bytes(&jwk["y"])].concat();
    // The signature that an attacker has, by what the issuer publishes.
    for (name, published, token, message) in [
        ("another key under our id", vec![jwk.clone()], None, SIGNATURE),
        ("an id that stands twice", vec![jwk.clone(), other.jwk("k")], None, SIGNATURE),
        ("r and s are zero", vec![jwk.clone()], Some(("ES256", zeros as Sign)), SIGNATURE),
        ("a public key as a secret", vec![jwk.clone()], Some(("HS256", hmac as Sign)), KEY),
        ("a key for encryption", vec![with("use", json!("enc")), key.jwk("a")], None, KEY),
        (
            "a key for encryption, by its operations",
            vec![with("key_ops", json!(["encrypt"])), key.jwk("a")],
            None,
            KEY,
        ),
        ("a key for another algorithm", vec![with("alg", json!("ES384")), key.jwk("a")], None, KEY),
        ("an RSA key of 512 bits", vec![small, key.jwk("a")], Some(("RS256", zeros as Sign)), KEY),
        ("a secret key", vec![shared, key.jwk("a")], Some(("HS256", by_secret as Sign)), KEY),
        ("ten thousand keys", flood, None, ""),
    ] {
        let issuer = TestIssuer::start(&published).await;
        let app = TestApp::with(Engine::Sqlite)
            .set("identity.issuers", format!("[{}]", issuer.settings("")))
            .start()
            .await;
        let mut claims = issuer.claims();
        claims["roles"] = json!(["DeviceManagementConfiguration.ReadWrite.All"]);
        let token = match token {
            Some((algorithm, sign)) => {
                forged(algorithm, "k", &claims, |message| sign(&point, message))
            }
            None => other.sign("k", &claims),
        };
        let answer = app.bearer(&token).post(POOLS, EXAMPLE).await;
        if message.is_empty() {
            // No key at all was taken from such a set.
            answer.is_refused(503, "ServiceUnavailable");
        } else {
            is_stopped(name, &answer, message);
        }
        nothing_was_stored(&app).await;
    }
}

async fn a_token_for_a_tenant_outside_its_issuers_policy_is_refused() {
    const OTHER: &str = "99999999-2222-3333-4444-555555555555";
    let key = Key::es256();
    let issuer = TestIssuer::start(&[key.jwk("k")]).await;
    let app = TestApp::with(Engine::Sqlite)
        .set("identity.issuers", format!("[{}]", issuer.settings("")))
        .start()
        .await;
    let mut claims = issuer.claims();
    claims["roles"] = json!(["DeviceManagementConfiguration.ReadWrite.All"]);
    app.bearer(&key.sign("k", &claims)).get(POOLS).await.is(200);
    claims["tid"] = json!(OTHER);
    is_stopped("tenant", &app.bearer(&key.sign("k", &claims)).post(POOLS, EXAMPLE).await, TENANT);
    nothing_was_stored(&app).await;
}

/// Signs a message with what is publicly known of a key.
type Sign = fn(&[u8], &[u8]) -> Vec<u8>;
