//! Issuers' keys over HTTP: found, refreshed and cached.

use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::support::app::new_folder;
use crate::support::issuer::{Behaviour, Key, TENANT, TestIssuer};
use crate::support::issuer_service::{INVALID_TOKEN, is_ready, trusting_service};
use crate::support::{Database, Engine, POOLS, TestApp, cases};

cases! {
    once: [
        keys_are_found_by_discovery_or_at_a_url,
        right_after_a_rotation_the_first_caller_with_the_new_key_is_not_refused,
        a_cached_token_is_refused_once_its_key_is_withdrawn,
        an_empty_key_set_withdraws_all_keys,
        two_issuers_may_use_the_same_key_id,
        requests_with_a_new_key_join_the_fetch_in_progress,
        a_thousand_unknown_keys_cause_one_fetch,
        keys_are_refreshed_in_the_background,
        a_key_file_is_read_again,
        one_issuer_may_serve_many_tenants,
    ],
}

async fn keys_are_found_by_discovery_or_at_a_url() {
    let key = Key::es256();
    let issuer = TestIssuer::start(&[key.jwk("k")]).await;
    let elsewhere = issuer.url.replace(TENANT, "elsewhere");
    for further in [
        String::new(),
        format!(", discovery_url = '{elsewhere}/.well-known/openid-configuration'"),
        format!(", jwks_url = '{elsewhere}/keys'"),
    ] {
        let app = trusting_service(issuer.settings(&further)).await;
        is_ready(&app).await;
        app.bearer(&key.sign("k", &issuer.claims())).get(POOLS).await.is(200);
        app.bearer(&key.sign("other", &issuer.claims()))
            .get(POOLS)
            .await
            .is_refused(401, INVALID_TOKEN);
        app.bearer(&Key::es256().sign("k", &issuer.claims()))
            .get(POOLS)
            .await
            .is_refused(401, INVALID_TOKEN);
    }
}

async fn right_after_a_rotation_the_first_caller_with_the_new_key_is_not_refused() {
    let (old, new) = (Key::es256(), Key::eddsa());
    let issuer = TestIssuer::start(&[old.jwk("old")]).await;
    let app = trusting_service(issuer.settings("")).await;
    app.bearer(&old.sign("old", &issuer.claims())).get(POOLS).await.is(200);
    issuer.rotate(&[old.jwk("old"), new.jwk("new")]);
    app.bearer(&new.sign("new", &issuer.claims())).get(POOLS).await.is(200);
    app.bearer(&old.sign("old", &issuer.claims())).get(POOLS).await.is(200);
    assert_eq!(issuer.asked(), 2, "once at the start, once for the new key");
}

async fn a_cached_token_is_refused_once_its_key_is_withdrawn() {
    let (old, new) = (Key::es256(), Key::eddsa());
    let issuer = TestIssuer::start(&[old.jwk("old")]).await;
    let app = trusting_service(issuer.settings("")).await;
    let early = app.bearer(&old.sign("old", &issuer.claims()));
    early.get(POOLS).await.is(200);
    early.get(POOLS).await.is(200);
    // The same key under another name is the same key: what it signed stays good.
    issuer.rotate(&[old.jwk("renamed"), new.jwk("new")]);
    app.bearer(&new.sign("new", &issuer.claims())).get(POOLS).await.is(200);
    early.get(POOLS).await.is(200);

    let issuer = TestIssuer::start(&[old.jwk("old")]).await;
    let app = trusting_service(issuer.settings("")).await;
    let early = app.bearer(&old.sign("old", &issuer.claims()));
    early.get(POOLS).await.is(200);
    issuer.rotate(&[new.jwk("new")]);
    app.bearer(&new.sign("new", &issuer.claims())).get(POOLS).await.is(200);
    early.get(POOLS).await.is_refused(401, INVALID_TOKEN);
}

async fn an_empty_key_set_withdraws_all_keys() {
    let (old, new) = (Key::es256(), Key::eddsa());
    // Keys that verify no token are as good as none.
    let mut encryption = new.jwk("encryption");
    encryption["use"] = json!("enc");
    for left in [vec![], vec![encryption]] {
        let issuer = TestIssuer::start(&[old.jwk("old")]).await;
        let app = trusting_service(issuer.settings("")).await;
        let early = app.bearer(&old.sign("old", &issuer.claims()));
        early.get(POOLS).await.is(200);
        early.get(POOLS).await.is(200);
        issuer.rotate(&left);
        // An unknown key has the key set fetched.
        let unknown = app.bearer(&new.sign("new", &issuer.claims()));
        unknown.get(POOLS).await.is_refused(401, INVALID_TOKEN);
        assert_eq!(issuer.asked(), 2);
        early.get(POOLS).await.is_refused(401, INVALID_TOKEN);
        let again = app.bearer(&old.sign("old", &claims_with_id(&issuer)));
        again.get(POOLS).await.is_refused(401, INVALID_TOKEN);
        app.anonymous().get("/readyz").await.is_refused(503, "ServiceUnavailable");
    }
}

/// The claims of another good token.
fn claims_with_id(issuer: &TestIssuer) -> Value {
    let mut claims = issuer.claims();
    claims["jti"] = json!("another");
    claims
}

async fn two_issuers_may_use_the_same_key_id() {
    let (one, two) = (Key::es256(), Key::eddsa());
    let first = TestIssuer::start(&[one.jwk("k")]).await;
    let second = TestIssuer::start(&[two.jwk("k")]).await;
    let app = trusting_service(format!("{}, {}", first.settings(""), second.settings(""))).await;
    app.bearer(&one.sign("k", &first.claims())).get(POOLS).await.is(200);
    app.bearer(&two.sign("k", &second.claims())).get(POOLS).await.is(200);
    app.bearer(&one.sign("k", &second.claims())).get(POOLS).await.is_refused(401, INVALID_TOKEN);
    app.bearer(&two.sign("k", &first.claims())).get(POOLS).await.is_refused(401, INVALID_TOKEN);
    // One of them is enough to be ready, and to serve.
    second.behave(Behaviour::Down);
    let app = trusting_service(format!("{}, {}", first.settings(""), second.settings(""))).await;
    app.anonymous().get("/readyz").await.is(200);
    app.bearer(&one.sign("k", &first.claims())).get(POOLS).await.is(200);
    app.bearer(&two.sign("k", &second.claims()))
        .get(POOLS)
        .await
        .is_refused(503, "ServiceUnavailable");
}

async fn requests_with_a_new_key_join_the_fetch_in_progress() {
    let (old, new) = (Key::es256(), Key::eddsa());
    let issuer = TestIssuer::start(&[old.jwk("old")]).await;
    let app = trusting_service(issuer.settings("")).await;
    issuer.behave(Behaviour::Silent);
    issuer.rotate(&[new.jwk("new")]);
    let caller = app.bearer(&new.sign("new", &issuer.claims()));
    let calls = futures_util::future::join_all((0..20).map(|_| caller.get(POOLS)));
    tokio::pin!(calls);
    tokio::select! {
        answers = &mut calls => panic!("no request waited: {answers:?}"),
        () = issuer.asked_at_least(2) => issuer.behave(Behaviour::Honest),
    }
    for answer in calls.await {
        answer.is(200);
    }
    assert_eq!(issuer.asked(), 2, "once at the start, once for all of them");
}

async fn a_thousand_unknown_keys_cause_one_fetch() {
    let key = Key::eddsa();
    let issuer = TestIssuer::start(&[key.jwk("k")]).await;
    let app = trusting_service(issuer.settings("")).await;
    assert_eq!(issuer.asked(), 1);
    let (anybody, app, key, issuer) = (&app.anonymous(), &app, &key, &issuer);
    let calls = (0..1000).map(|number| async move {
        let token = key.sign(&format!("unknown-{number}"), &issuer.claims());
        let request = anybody.request(reqwest::Method::GET, POOLS).bearer_auth(token);
        crate::support::Answer::of(request).await.is_refused(401, INVALID_TOKEN);
    });
    futures_util::stream::iter(calls).buffer_unordered(1000).collect::<Vec<()>>().await;
    assert_eq!(issuer.asked(), 2);
    app.bearer(&key.sign("k", &issuer.claims())).get(POOLS).await.is(200);
}

async fn keys_are_refreshed_in_the_background() {
    let (old, new) = (Key::es256(), Key::eddsa());
    let issuer = TestIssuer::start(&[old.jwk("old")]).await;
    let app = TestApp::with(Engine::Sqlite)
        .set("identity.issuers", format!("[{}]", issuer.settings("")))
        .set("identity.key_refresh", 1)
        .start()
        .await;
    let early = app.bearer(&old.sign("old", &issuer.claims()));
    early.get(POOLS).await.is(200);
    issuer.rotate(&[new.jwk("new")]);
    // No request asks for the new key; the fetch after next ends after the next one has.
    issuer.asked_at_least(issuer.asked() + 2).await;
    early.get(POOLS).await.is_refused(401, INVALID_TOKEN);
}

async fn a_key_file_is_read_again() {
    let (old, new) = (Key::es256(), Key::eddsa());
    let folder = new_folder();
    let file = folder.path().join("keys.json");
    let publish = |keys: &[Value]| {
        std::fs::write(&file, json!({ "keys": keys }).to_string()).expect("written");
    };
    publish(&[old.jwk("old")]);
    let name = format!("https://login.example.com/{TENANT}");
    let issuers = format!(
        "[{{ issuer = '{name}', audiences = ['api://esimpool'], jwks_file = '{}' }}]",
        file.display()
    );
    let database = Database::create(Engine::Sqlite, folder.path()).await;
    let app = TestApp::with(Engine::Sqlite)
        .set("identity.issuers", issuers)
        .start_on(folder, database)
        .await
        .expect("it starts");
    let claims = crate::support::issuer::claims(&name);
    app.bearer(&old.sign("old", &claims)).get(POOLS).await.is(200);
    publish(&[new.jwk("new")]);
    app.bearer(&new.sign("new", &claims)).get(POOLS).await.is(200);
    app.bearer(&old.sign("old", &claims)).get(POOLS).await.is_refused(401, INVALID_TOKEN);
}

async fn one_issuer_may_serve_many_tenants() {
    const OTHER: &str = "99999999-2222-3333-4444-555555555555";
    let (shared, theirs) = (Key::es256(), Key::eddsa());
    let issuer = TestIssuer::start(&[]).await;
    let base = issuer.url.trim_end_matches(TENANT).to_owned();
    // As Entra has it: one document for all, and each key says whose tokens it signs.
    let template = format!("{base}{{tenantid}}/v2.0");
    let with_issuer = |mut jwk: Value, issuer: String| {
        jwk["issuer"] = json!(issuer);
        jwk
    };
    issuer.rename(&template);
    issuer.rotate(&[
        with_issuer(shared.jwk("shared"), template.clone()),
        with_issuer(theirs.jwk("theirs"), format!("{base}{OTHER}/v2.0")),
    ]);
    let settings = format!(
        "{{ issuer = '{template}', audiences = ['api://esimpool'], tenants = ['{TENANT}', '{OTHER}'] }}"
    );
    let app = trusting_service(settings).await;
    let claims = |iss: &str, tid: &str| {
        let mut claims = crate::support::issuer::claims(&format!("{base}{iss}/v2.0"));
        claims["tid"] = json!(tid);
        claims
    };
    let get = async |token: String| app.bearer(&token).get(POOLS).await;
    for tenant in [TENANT, OTHER] {
        get(shared.sign("shared", &claims(tenant, tenant))).await.is(200);
    }
    get(theirs.sign("theirs", &claims(OTHER, OTHER))).await.is(200);
    for (iss, tid) in [
        (TENANT, OTHER),
        (OTHER, TENANT),
        ("{tenantid}", TENANT),
        ("common", TENANT),
        ("9188040d-6c67-4c5b-b112-36a304b66dad", "9188040d-6c67-4c5b-b112-36a304b66dad"),
        ("33333333-2222-3333-4444-555555555555", "33333333-2222-3333-4444-555555555555"),
    ] {
        get(shared.sign("shared", &claims(iss, tid))).await.is_refused(401, INVALID_TOKEN);
    }
    get(theirs.sign("theirs", &claims(TENANT, TENANT))).await.is_refused(401, INVALID_TOKEN);
}
