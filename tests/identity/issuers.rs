//! Issuers from the settings, and the three kinds of keys.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use esimpool::auth::{DevelopmentIssuer, Issuer, IssuerPolicy, JwksCache, KeySet, ServiceUrls};
use serde_json::{Value, json};

use crate::support::app::{SERVICE, development_issuer, new_folder};
use crate::support::issuer::{Key, TENANT, TestIssuer};
use crate::support::{Database, Engine, POOLS, TestApp, cases};

cases! {
    once: [
        tokens_signed_with_every_kind_of_key_are_accepted,
        an_rsa_key_with_a_zero_before_its_modulus_is_that_key,
        entras_tokens_of_either_version_are_accepted,
        an_issuer_is_trusted_for_its_tenants_only,
        a_token_without_a_key_id_is_verified_with_an_only_key,
        a_request_from_elsewhere_is_refused_while_the_development_issuer_is_on,
        key_sets_are_parsed_strictly,
        an_issuer_needs_an_audience_and_a_tenant,
    ],
}

const READ: &str = "DeviceManagementConfiguration.Read.All";
const ISSUER: &str = "https://login.example.com/11111111-2222-3333-4444-555555555555/v2.0";

fn claims(tenant: &str) -> Value {
    let mut claims = crate::support::issuer::claims(ISSUER);
    claims["tid"] = json!(tenant);
    claims
}

/// A service that trusts the issuer of these keys.
async fn service(keys: &[Value]) -> TestApp {
    let folder = new_folder();
    let file = folder.path().join("keys.json");
    std::fs::write(&file, json!({ "keys": keys }).to_string()).expect("written");
    let issuers = format!(
        "[{{ issuer = '{ISSUER}', audiences = ['api://other', 'api://esimpool'], jwks_file = '{}' }}]",
        file.display()
    );
    let database = Database::create(Engine::Sqlite, folder.path()).await;
    TestApp::with(Engine::Sqlite)
        .set("identity.issuers", issuers)
        .start_on(folder, database)
        .await
        .expect("it starts")
}

async fn tokens_signed_with_every_kind_of_key_are_accepted() {
    let (ec, ed) = (Key::es256(), Key::eddsa());
    let rsa = development_issuer(new_folder().path()).key_set()["keys"][0].clone();
    let app = service(&[ec.jwk("one"), ed.jwk("two"), rsa]).await;
    for token in [ec.sign("one", &claims(TENANT)), ed.sign("two", &claims(TENANT))] {
        app.bearer(&token).get(POOLS).await.is(200);
    }
    // A key of one kind under the id of another.
    for token in [
        ec.sign("two", &claims(TENANT)),
        ed.sign("one", &claims(TENANT)),
        Key::es256().sign("one", &claims(TENANT)),
    ] {
        app.bearer(&token).get(POOLS).await.is_refused(401, "InvalidAuthenticationToken");
    }
    // The development issuer is off where there is another.
    app.writer().get(POOLS).await.is_refused(401, "InvalidAuthenticationToken");
}

async fn an_rsa_key_with_a_zero_before_its_modulus_is_that_key() {
    let folder = new_folder();
    let issuer = development_issuer(folder.path());
    let mut jwk = issuer.key_set()["keys"][0].clone();
    let modulus = URL_SAFE_NO_PAD.decode(jwk["n"].as_str().expect("a text")).expect("base64url");
    jwk["n"] = json!(URL_SAFE_NO_PAD.encode([vec![0], modulus].concat()));
    let file = folder.path().join("keys.json");
    std::fs::write(&file, json!({ "keys": [jwk] }).to_string()).expect("written");
    let issuers = format!(
        "[{{ issuer = '{}', audiences = ['{}'], tenants = ['*'], jwks_file = '{}' }}]",
        ServiceUrls::issuer_name(SERVICE, "{tenantid}"),
        DevelopmentIssuer::AUDIENCE,
        file.display()
    );
    let database = Database::create(Engine::Sqlite, folder.path()).await;
    let app = TestApp::with(Engine::Sqlite).set("identity.issuers", issuers);
    let app = app.start_on(folder, database).await.expect("it starts");
    app.writer().get(POOLS).await.is(200);
}

async fn entras_tokens_of_either_version_are_accepted() {
    const CLIENT: &str = "22222222-2222-3333-4444-555555555555";
    let key = Key::es256();
    let v1 = TestIssuer::start(&[key.jwk("k")]).await;
    let v2 = TestIssuer::start(&[key.jwk("k")]).await;
    let (v1_name, v2_name) = (format!("{}/", v1.url), format!("{}/v2.0", v2.url));
    v1.rename(&v1_name);
    v2.rename(&v2_name);
    let issuers = format!(
        "[{{ issuer = '{v1_name}', audiences = ['api://esimpool'] }},          {{ issuer = '{v2_name}', audiences = ['{CLIENT}'] }}]"
    );
    let app = TestApp::with(Engine::Sqlite).set("identity.issuers", issuers).start().await;
    let exp = crate::support::issuer::claims(&v1_name)["exp"].clone();
    for (iss, aud, named, ver, status) in [
        (&v1_name, "api://esimpool", "appid", "1.0", 200),
        (&v2_name, CLIENT, "azp", "2.0", 200),
        (&v1_name, CLIENT, "appid", "1.0", 401),
        (&v2_name, "api://esimpool", "azp", "2.0", 401),
        (&v1.url, "api://esimpool", "appid", "1.0", 401),
    ] {
        for (kind, permissions) in [("scp", json!(READ)), ("roles", json!([READ]))] {
            let token = json!({
                "iss": iss, "aud": aud, "tid": TENANT, "exp": exp, "ver": ver, named: "app",
                "oid": "somebody", "sub": "x", kind: permissions,
            });
            app.bearer(&key.sign("k", &token)).get(POOLS).await.is(status);
        }
    }
}

async fn an_issuer_is_trusted_for_its_tenants_only() {
    let key = Key::eddsa();
    let app = service(&[key.jwk("k")]).await;
    let get = async |claims: &Value| app.bearer(&key.sign("k", claims)).get(POOLS).await;
    get(&claims(TENANT)).await.is(200);
    get(&claims("99999999-2222-3333-4444-555555555555"))
        .await
        .is_refused(401, "InvalidAuthenticationToken");
    get(&claims("11111111222233334444555555555555"))
        .await
        .is_refused(401, "InvalidAuthenticationToken");
    for (claim, value) in [
        ("aud", json!("api://nobody")),
        ("aud", json!(7)),
        ("aud", json!([])),
        ("exp", json!("soon")),
        ("iss", json!(ISSUER.to_uppercase())),
    ] {
        let mut wrong = claims(TENANT);
        wrong[claim] = value;
        get(&wrong).await.is_refused(401, "InvalidAuthenticationToken");
    }
    let mut several = claims(TENANT);
    several["aud"] = json!(["api://somebody", "api://esimpool"]);
    several["exp"] = json!(several["exp"].as_f64().expect("a number") + 0.5);
    get(&several).await.is(200);
}

async fn a_token_without_a_key_id_is_verified_with_an_only_key() {
    let unnamed = |key: &Key| {
        let mut jwk = key.jwk("k");
        jwk.as_object_mut().expect("an object").remove("kid");
        jwk
    };
    let (one, two) = (Key::eddsa(), Key::es256());
    for (keys, status) in [
        (vec![unnamed(&one)], 200),
        (vec![one.jwk("k")], 200),
        (vec![unnamed(&one), two.jwk("k")], 401),
        (vec![unnamed(&one), unnamed(&two)], 401),
    ] {
        let app = service(&keys).await;
        app.bearer(&one.sign_unnamed(&claims(TENANT))).get(POOLS).await.is(status);
    }
}

async fn a_request_from_elsewhere_is_refused_while_the_development_issuer_is_on() {
    let app = TestApp::start(Engine::Sqlite).await;
    let send = async |name: &'static str, value: &str| {
        let request = app.writer().request(reqwest::Method::GET, POOLS).header(name, value);
        crate::support::Answer::of(request).await
    };
    for host in ["evil.example.com", "localhost.evil.example.com", "127.0.0.1.nip.io", "192.0.2.1"]
    {
        let message = send("host", host).await.is_refused(403, "RemoteCallerNotAllowed");
        assert!(message.contains("identity.development.allow_remote"));
    }
    for header in ["x-forwarded-for", "x-forwarded-host", "forwarded", "x-real-ip", "via"] {
        send(header, "127.0.0.1").await.is_refused(403, "RemoteCallerNotAllowed");
    }
    send("host", "localhost:1234").await.is(200);
    // Another machine can send any header, but not from a loopback address.
    if let Some(address) = crate::support::address_in_a_network() {
        let client = reqwest::Client::builder().no_proxy().tls_certs_only([]);
        let client = client.local_address(address).build().expect("a client");
        let url = format!("http://{}{POOLS}", app.addr);
        let request = client.get(url).bearer_auth(app.writer_token()).header("host", "localhost");
        let answer = crate::support::Answer::of(request).await;
        answer.is_refused(403, "RemoteCallerNotAllowed");
    }
    let app =
        TestApp::with(Engine::Sqlite).set("identity.development.allow_remote", true).start().await;
    let request =
        app.writer().request(reqwest::Method::GET, POOLS).header("host", "evil.example.com");
    let page = crate::support::Answer::of(request).await.is(200).json();
    assert!(!page.to_string().contains("evil"), "a foreign host makes no link");
}

async fn key_sets_are_parsed_strictly() {
    let parse = |keys: Value| KeySet::parse(json!({ "keys": keys }).to_string().as_bytes());
    let good = Key::es256().jwk("k");
    let with = |name: &str, value: Value| {
        let mut key = good.clone();
        key[name] = value;
        key
    };
    assert!(parse(json!([good])).is_ok());
    assert!(parse(json!([with("key_ops", json!(["verify"]))])).is_ok());
    assert!(
        parse(json!([{ "kty": "unknown" }, "nonsense", good])).is_ok(),
        "what is not understood is passed over"
    );
    let rsa = |modulus: &[u8]| json!({ "kty": "RSA", "kid": "k", "e": "AQAB", "n": URL_SAFE_NO_PAD.encode(modulus) });
    let padded = |zeros: usize, length: usize| [vec![0; zeros], vec![0xc5; length]].concat();
    for modulus in [padded(0, 256), padded(1, 256), padded(0, 512)] {
        assert!(parse(json!([rsa(&modulus)])).is_ok(), "{}", modulus.len());
    }
    for unusable in [
        json!([]),
        json!([with("use", json!("enc"))]),
        json!([with("key_ops", json!(["encrypt", "wrapKey"]))]),
        json!([with("key_ops", json!([]))]),
        json!([with("alg", json!("ES384"))]),
        json!([with("crv", json!("P-384"))]),
        json!([with("kid", json!("k".repeat(300)))]),
        json!([rsa(&padded(0, 64))]),
        json!([rsa(&padded(0, 255))]),
        json!([rsa(&padded(1, 255))]),
        json!([rsa(&padded(192, 64))]),
        json!([rsa(&padded(256, 0))]),
        json!([rsa(&[vec![0x7f], padded(0, 255)].concat())]),
        json!([{ "kty": "oct", "kid": "k", "k": "c2VjcmV0" }]),
    ] {
        assert!(parse(unusable.clone()).is_ok_and(|keys| keys.is_empty()), "{unusable}");
    }
    assert!(parse(Value::Array(vec![good.clone(); 10_000])).is_err());
    assert!(parse(Value::Array(vec![json!({}); 101])).is_err());
    for broken in ["", "[]", "{}", "{\"keys\":7}", "not JSON"] {
        assert!(KeySet::parse(broken.as_bytes()).is_err(), "{broken}");
    }
}

async fn an_issuer_needs_an_audience_and_a_tenant() {
    let keys = || {
        KeySet::parse(json!({ "keys": [Key::eddsa().jwk("k")] }).to_string().as_bytes())
            .expect("keys")
    };
    let issuer = |name: &str, audiences: &[&str], tenants: &[&str]| {
        let texts = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        let policy = IssuerPolicy {
            issuer: name.to_owned(),
            audiences: texts(audiences),
            tenants: texts(tenants),
            ..IssuerPolicy::default()
        };
        Issuer::new(policy, JwksCache::fixed(keys())).map(drop).map_err(|error| error.to_string())
    };
    assert_eq!(issuer(ISSUER, &["a"], &[]), Ok(()));
    assert_eq!(issuer("https://idp.example.com", &["a"], &["*"]), Ok(()));
    assert_eq!(issuer("https://idp.example.com", &["a"], &[TENANT]), Ok(()));
    assert!(issuer(ISSUER, &[], &[]).is_err_and(|error| error.contains("audiences")));
    assert!(
        issuer("https://idp.example.com", &["a"], &[])
            .is_err_and(|error| error.contains("tenants"))
    );
    assert!(issuer(ISSUER, &["a"], &["contoso"]).is_err_and(|error| error.contains("contoso")));
    // A service with a broken key file does not start, and says why.
    let folder = new_folder();
    let issuers = format!(
        "[{{ issuer = '{ISSUER}', audiences = ['a'], jwks_file = '{}/none.json' }}]",
        folder.path().display()
    );
    let database = Database::create(Engine::Sqlite, folder.path()).await;
    let refused = TestApp::with(Engine::Sqlite)
        .set("identity.issuers", issuers)
        .start_on(folder, database)
        .await;
    assert!(refused.err().is_some_and(|error| error.to_string().contains("none.json")));
}
