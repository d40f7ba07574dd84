//! The ways to send a token, and what it grants.

use esimpool::auth::Permission;
use reqwest::Method;
use serde_json::json;

use crate::support::app::{tenant_id, token_request};
use crate::support::{Actor, Answer, EXAMPLE, Engine, POOLS, TestApp, cases, measured};

cases! {
    once: [
        a_token_is_read_from_one_authorization_header_and_nowhere_else,
        a_refusal_names_the_missing_permission_in_graphs_words,
        users_and_applications_are_limited_to_their_permissions,
        another_servers_key_is_unknown_here,
        a_token_is_verified_once_and_then_recognised_until_it_expires,
    ],
}

async fn a_token_is_read_from_one_authorization_header_and_nowhere_else() {
    let app = TestApp::start(Engine::Sqlite).await;
    let request = token_request(tenant_id("contoso"), &[Permission::ConfigurationReadAll.name()]);
    let token = app.issuer().token(&request, esimpool::clock::Clock::system().now());
    let with = async |headers: &[&str]| {
        let mut request = app.anonymous().request(Method::GET, POOLS);
        for header in headers {
            request = request.header("authorization", *header);
        }
        Answer::of(request).await
    };
    let bearer = |scheme: &str| format!("{scheme} {token}");
    for scheme in ["Bearer", "bearer", "BEARER", "Bearer  "] {
        with(&[&bearer(scheme)]).await.is(200);
    }
    for headers in [
        vec![bearer("Basic")],
        vec![token.clone()],
        vec![format!("Bearer{token}")],
        vec![bearer("Bearer"), bearer("Bearer")],
        vec![format!("Bearer {token} {token}")],
        vec![format!("Bearer \"{token}\"")],
        vec!["Bearer a.b.c".to_owned()],
        vec!["Bearer ..".to_owned()],
        vec!["Bearer é".to_owned()],
        vec![format!("Bearer {}", "x".repeat(20_000))],
    ] {
        let headers: Vec<_> = headers.iter().map(String::as_str).collect();
        with(&headers).await.is_refused(401, "InvalidAuthenticationToken");
    }
    for headers in [&[][..], &["Bearer"], &["Bearer "]] {
        let answer = with(headers).await;
        assert_eq!(answer.is_refused(401, "InvalidAuthenticationToken"), "Access token is empty.");
        assert_eq!(
            answer.header("www-authenticate"),
            "Bearer realm=\"\"",
            "no error where no credentials came"
        );
    }
    app.anonymous()
        .get(&format!("{POOLS}?access_token={token}"))
        .await
        .is_refused(401, "InvalidAuthenticationToken");
}

async fn a_refusal_names_the_missing_permission_in_graphs_words() {
    let app = TestApp::start(Engine::Sqlite).await;
    let claimer = app.tenant("contoso").caller(Permission::ActivationCodeClaimAll);
    let read =
        "DeviceManagementConfiguration.Read.All, DeviceManagementConfiguration.ReadWrite.All";
    let answer = claimer.get(POOLS).await;
    assert_eq!(
        answer.is_refused(403, "Forbidden"),
        format!(
            "Application is not authorized to perform this operation. Application must have one of the following scopes: {read}"
        )
    );
    assert!(
        answer
            .header("www-authenticate")
            .ends_with(&format!("scope=\"{}\"", read.replace(", ", " ")))
    );
}

async fn users_and_applications_are_limited_to_their_permissions() {
    let app = TestApp::start(Engine::Sqlite).await;
    let tenant = app.tenant("contoso");
    for actor in [
        tenant.caller(Permission::ConfigurationReadWriteAll),
        tenant.user(Permission::ConfigurationReadWriteAll),
    ] {
        actor.post(POOLS, EXAMPLE).await.is(201);
        actor.get(POOLS).await.is(200);
    }
    for actor in [
        tenant.caller(Permission::ConfigurationReadAll),
        tenant.user(Permission::ConfigurationReadAll),
    ] {
        actor.get(POOLS).await.is(200);
        actor.post(POOLS, EXAMPLE).await.is_refused(403, "Forbidden");
    }
    // Among others, and divided as either kind divides them.
    let many = ["User.Read", "DeviceManagementConfiguration.ReadWrite.All", "Mail.Send"];
    for delegated in [true, false] {
        let mut request = token_request(tenant_id("contoso"), &many);
        request.delegated = delegated;
        tenant.token(&request).post(POOLS, json!({ "displayName": "x" })).await.is(201);
    }
}

async fn another_servers_key_is_unknown_here() {
    let app = TestApp::start(Engine::Sqlite).await;
    let elsewhere = tempfile::TempDir::new().expect("a folder");
    let issuer = crate::support::app::development_issuer(elsewhere.path());
    let request =
        token_request(tenant_id("contoso"), &["DeviceManagementConfiguration.ReadWrite.All"]);
    let token = issuer.token(&request, esimpool::clock::Clock::system().now());
    Actor::new(app.addr, Some(&token))
        .get(POOLS)
        .await
        .is_refused(401, "InvalidAuthenticationToken");
}

async fn a_token_is_verified_once_and_then_recognised_until_it_expires() {
    let app = TestApp::with(Engine::Sqlite).set("identity.clock_skew", 0).start().await;
    let counted = async |what| measured(&app, &format!("tokens_{what}_total")).await;
    let mut request =
        token_request(tenant_id("contoso"), &[Permission::ConfigurationReadAll.name()]);
    request.ttl = std::time::Duration::from_secs(3);
    let caller = app.tenant("contoso").token(&request);
    for call in 0..3 {
        caller.get(POOLS).await.is(200);
        assert_eq!((counted("verified").await, counted("recognised").await), (1, call));
    }
    // It grants what it granted the first time.
    caller.post(POOLS, EXAMPLE).await.is_refused(403, "Forbidden");
    let mut tick = tokio::time::interval(std::time::Duration::from_millis(100));
    while caller.get(POOLS).await.status.as_u16() == 200 {
        tick.tick().await;
    }
    let message = caller.get(POOLS).await.is_refused(401, "InvalidAuthenticationToken");
    assert!(message.contains("expired"), "{message}");
    // With no memory, each call has its signature verified.
    let app = TestApp::with(Engine::Sqlite).set("identity.token_cache_size", 0).start().await;
    let caller = app.writer();
    for _ in 0..2 {
        caller.get(POOLS).await.is(200);
    }
    assert_eq!(measured(&app, "tokens_verified_total").await, 2);
}
