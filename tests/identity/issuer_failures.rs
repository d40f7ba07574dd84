//! Issuers that are down, slow or untrustworthy.

use std::path::PathBuf;

use esimpool::auth::{FetchError, HttpKeys, KeySet, KeySource, ServiceUrls};

use crate::support::app::Setup;
use crate::support::issuer::{Behaviour, Key, TestIssuer};
use crate::support::issuer_service::{INVALID_TOKEN, is_ready, trusting_service};
use crate::support::{Engine, POOLS, TestApp, cases};

cases! {
    once: [
        known_keys_keep_working_while_the_issuer_is_down,
        keys_that_could_not_be_fetched_for_too_long_are_not_used,
        a_server_starts_without_its_issuer_and_trusts_it_once_it_answers,
        an_untrustworthy_issuer_neither_adds_nor_removes_keys,
        a_secure_document_may_not_lead_to_insecure_keys,
        an_unresponsive_issuer_delays_no_request_for_long,
    ],
}

/// A service that fetches the keys of an issuer each second.
fn refreshed_each_second(issuer: &TestIssuer) -> Setup {
    TestApp::with(Engine::Sqlite)
        .set("identity.issuers", format!("[{}]", issuer.settings("")))
        .set("identity.key_refresh", 1)
        .set("identity.key_cooldown", 1)
}

async fn known_keys_keep_working_while_the_issuer_is_down() {
    let key = Key::es256();
    let issuer = TestIssuer::start(&[key.jwk("k")]).await;
    let app = refreshed_each_second(&issuer).start().await;
    // From now on it is asked in vain.
    issuer.behave(Behaviour::Broken);
    let known = issuer.asked();
    for round in 1..=2 {
        // Two of them failed: the second begins after the first has ended.
        issuer.asked_at_least(known + round).await;
        app.bearer(&key.sign("k", &issuer.claims())).get(POOLS).await.is(200);
        app.bearer(&key.sign("unknown", &issuer.claims()))
            .get(POOLS)
            .await
            .is_refused(401, INVALID_TOKEN);
        app.anonymous().get("/readyz").await.is(200);
    }
}

async fn keys_that_could_not_be_fetched_for_too_long_are_not_used() {
    let key = Key::es256();
    let issuer = TestIssuer::start(&[key.jwk("k")]).await;
    let app = refreshed_each_second(&issuer).set("identity.key_max_age", 3).start().await;
    let caller = app.bearer(&key.sign("k", &issuer.claims()));
    caller.get(POOLS).await.is(200);
    issuer.behave(Behaviour::Broken);
    // It was verified before, and is refused all the same.
    let begun = std::time::Instant::now();
    let refused = loop {
        let answer = caller.get(POOLS).await;
        if answer.status != 200 {
            break answer;
        }
        assert!(begun.elapsed().as_secs() < 30, "never refused");
    };
    refused.is_refused(503, "ServiceUnavailable");
    app.anonymous().get("/readyz").await.is_refused(503, "ServiceUnavailable");
    issuer.behave(Behaviour::Honest);
    is_ready(&app).await;
    caller.get(POOLS).await.is(200);
}

async fn a_server_starts_without_its_issuer_and_trusts_it_once_it_answers() {
    let key = Key::es256();
    let issuer = TestIssuer::start(&[key.jwk("k")]).await;
    issuer.behave(Behaviour::Down);
    let app = trusting_service(issuer.settings("")).await;
    let caller = app.bearer(&key.sign("k", &issuer.claims()));
    app.anonymous().get("/livez").await.is(200);
    app.anonymous().get("/readyz").await.is_refused(503, "ServiceUnavailable");
    let answer = caller.get(POOLS).await;
    let message = answer.is_refused(503, "ServiceUnavailable");
    assert!(message.contains("signing keys"), "{message}");
    assert_eq!(answer.header("retry-after"), "1");
    assert_eq!(answer.header("www-authenticate"), "", "it is unknown whether the token is invalid");
    issuer.behave(Behaviour::Honest);
    is_ready(&app).await;
    caller.get(POOLS).await.is(200);
}

async fn an_untrustworthy_issuer_neither_adds_nor_removes_keys() {
    let lies = [
        (Behaviour::OtherIssuer, "belongs to the issuer"),
        (Behaviour::Redirect, "/keys responded with a redirect"),
        (Behaviour::RedirectedDiscovery, "/openid-configuration responded with a redirect"),
        (Behaviour::FileUrl, "'file:///keys' is not an http:// or https:// URL"),
        (Behaviour::Huge, "is longer than 262144 bytes"),
        (Behaviour::Garbage, "does not have the form"),
        (Behaviour::Broken, "/keys responded with 500"),
    ];
    for (lie, reason) in lies {
        let (key, new) = (Key::es256(), Key::eddsa());
        let issuer = TestIssuer::start(&[key.jwk("k")]).await;
        let app = trusting_service(issuer.settings("")).await;
        issuer.behave(lie.clone());
        issuer.rotate(&[new.jwk("new")]);
        app.bearer(&new.sign("new", &issuer.claims()))
            .get(POOLS)
            .await
            .is_refused(401, INVALID_TOKEN);
        app.bearer(&key.sign("k", &issuer.claims())).get(POOLS).await.is(200);

        let issuer = TestIssuer::start(&[key.jwk("k")]).await;
        issuer.behave(lie);
        let app = trusting_service(issuer.settings("")).await;
        app.anonymous().get("/readyz").await.is_refused(503, "ServiceUnavailable");
        app.bearer(&key.sign("k", &issuer.claims()))
            .get(POOLS)
            .await
            .is_refused(503, "ServiceUnavailable");
        let document = format!("{}/.well-known/openid-configuration", issuer.url);
        let refused = fetched(&issuer.url, &document, None).await.expect_err("a lie").to_string();
        assert!(refused.contains(reason), "{refused}");
    }
}

/// The keys of that issuer, by its discovery document.
async fn fetched(
    issuer: &str,
    document: &str,
    ca_file: Option<PathBuf>,
) -> Result<KeySet, FetchError> {
    let keys = HttpKeys::discovered(issuer.to_owned(), document, ca_file).expect("a URL");
    KeySource::Http(keys).fetch().await
}

async fn a_secure_document_may_not_lead_to_insecure_keys() {
    // A service that believes itself behind something that undoes TLS.
    let provider = TestApp::with(Engine::Sqlite)
        .set("server.tls.listen", "127.0.0.1:0")
        .set("server.public_base_url", "http://localhost:9")
        .start()
        .await;
    let port = provider.tls_addr.expect("it listens").port();
    let document = format!("https://localhost:{port}/common/v2.0/.well-known/openid-configuration");
    let certificate = provider.folder.path().join(crate::support::tls::CERTIFICATE);
    let issuer = ServiceUrls::issuer_name("http://localhost:9", "{tenantid}");
    let refused = fetched(&issuer, &document, Some(certificate)).await;
    let refused = refused.expect_err("keys that could be changed in transit");
    assert!(matches!(refused, FetchError::Downgrade(_)), "{refused}");
}

async fn an_unresponsive_issuer_delays_no_request_for_long() {
    tokio::join!(holds_nobody_up(Behaviour::Silent), holds_nobody_up(Behaviour::Trickling));
}

async fn holds_nobody_up(behaviour: Behaviour) {
    let key = Key::es256();
    let issuer = TestIssuer::start(&[key.jwk("k")]).await;
    let app = trusting_service(issuer.settings("")).await;
    issuer.behave(behaviour);
    // The caller is answered before the fetch times out, and requests that need no fetch are
    // served.
    let unknown = app.bearer(&key.sign("unknown", &issuer.claims()));
    let waiting = unknown.get(POOLS);
    tokio::pin!(waiting);
    tokio::select! {
        answer = &mut waiting => panic!("nothing was asked: {answer:?}"),
        () = issuer.asked_at_least(2) => {}
    }
    app.bearer(&key.sign("k", &issuer.claims())).get(POOLS).await.is(200);
    waiting.await.is_refused(401, INVALID_TOKEN);

    let asked = issuer.asked();
    let app = trusting_service(issuer.settings("")).await;
    app.anonymous().get("/livez").await.is(200);
    app.anonymous().get("/readyz").await.is_refused(503, "ServiceUnavailable");
    // A fetch without an answer ends by itself, and is followed by another.
    issuer.asked_at_least(asked + 2).await;
    issuer.behave(Behaviour::Honest);
    is_ready(&app).await;
}
