//! Paths and verbs that the API does not have, and the order of refusals.

use reqwest::Method;
use serde_json::json;

use crate::support::{Answer, EXAMPLE, Engine, POOLS, TestApp, cases};

cases! {
    once: [
        an_unknown_segment_is_named_before_a_token_is_required,
        an_unknown_method_is_answered_with_the_allowed_ones,
        refusals_follow_the_documented_order,
        an_id_that_is_not_a_guid_is_not_found,
        every_answer_names_the_request,
        a_harmful_client_request_id_is_not_repeated,
        malformed_requests_are_answered_too,
    ],
}

async fn an_unknown_segment_is_named_before_a_token_is_required() {
    let app = TestApp::start(Engine::Sqlite).await;
    for (path, segment) in [
        ("/favicon.ico", "favicon.ico"),
        ("/beta/deviceManagement", "deviceManagement"),
        ("/beta/users", "users"),
        ("/beta/livez", "livez"),
        ("/beta/deviceManagement/managedDevices", "managedDevices"),
        ("/deviceManagement/x", "x"),
        ("/beta/deviceManagement//embeddedSIMActivationCodePools", ""),
        ("/v1.0/deviceManagement/embeddedSIMActivationCodePools", "embeddedSIMActivationCodePools"),
        ("/v2.0/deviceManagement", "v2.0"),
        ("/beta/deviceManagement/embeddedSIMActivationCodePools/x/y", "y"),
        ("/beta/%C3%A9", "é"),
        ("/beta/%00", "\0"),
        ("/beta/..%2F..%2Fetc", "../../etc"),
    ] {
        let message = app.anonymous().get(path).await.is_refused(400, "BadRequest");
        assert_eq!(message, format!("Resource not found for the segment '{segment}'."), "{path}");
    }
}

async fn an_unknown_method_is_answered_with_the_allowed_ones() {
    let app = TestApp::start(Engine::Sqlite).await;
    for (method, path, allowed) in [
        ("PUT", POOLS.to_owned(), "GET, POST, HEAD, OPTIONS"),
        ("BREW", POOLS.to_owned(), "GET, POST, HEAD, OPTIONS"),
        ("POST", format!("{POOLS}/x"), "GET, PATCH, DELETE, HEAD, OPTIONS"),
        ("GET", format!("{POOLS}/x/assign"), "POST, OPTIONS"),
        ("DELETE", "/livez".to_owned(), "GET, HEAD, OPTIONS"),
    ] {
        let verb = Method::from_bytes(method.as_bytes()).expect("a verb");
        let answer = Answer::of(app.anonymous().request(verb, &path)).await;
        assert_eq!(answer.header("allow"), allowed, "{method} {path}");
        answer.is_refused(405, "Request_BadRequest");
    }
}

async fn refusals_follow_the_documented_order() {
    use esimpool::auth::Permission;

    let app = TestApp::with(Engine::Sqlite).set("limits.body_bytes", 2000).start().await;
    let missing = format!("{POOLS}/{}", uuid::Uuid::nil());
    let long = vec![b' '; 3000];
    let reader = app.tenant("contoso").caller(Permission::ConfigurationReadAll);
    let send = async |actor: &crate::support::Actor, kind: &str, body: &[u8]| {
        let path = format!("{missing}?$nonsense");
        let request = actor.request(Method::PATCH, &path).header("content-type", kind);
        Answer::of(request.body(body.to_vec())).await
    };
    send(&app.anonymous(), "text/csv", &long).await.is_refused(401, "InvalidAuthenticationToken");
    send(&reader, "text/csv", &long).await.is_refused(403, "Forbidden");
    send(&app.writer(), "text/csv", &long).await.is_refused(415, "UnsupportedMediaType");
    send(&app.writer(), "application/json", &long).await.is_refused(413, "RequestEntityTooLarge");
    send(&app.writer(), "application/json", b"{").await.is_refused(400, "BadRequest");
    send(&app.writer(), "application/json", b"{}").await.is_refused(400, "BadRequest");
    app.writer().patch(&missing, json!({})).await.is_refused(404, "ResourceNotFound");
}

async fn an_id_that_is_not_a_guid_is_not_found() {
    let app = TestApp::start(Engine::Sqlite).await;
    app.writer().post(POOLS, EXAMPLE).await.is(201);
    let answer = async |id: &str| {
        let answer = app.writer().get(&format!("{POOLS}/{id}")).await;
        answer.is_refused(404, "ResourceNotFound")
    };
    app.writer().get(&format!("{POOLS}('')")).await.is_refused(404, "ResourceNotFound");
    app.writer().delete(&format!("{POOLS}('')")).await.is_refused(404, "ResourceNotFound");
    let real = answer("01a20a58-6f14-750e-8e15-99a562cfdee7").await;
    for id in [
        "x",
        "%00",
        "1",
        "'",
        "{01a20a58-6f14-750e-8e15-99a562cfdee7}",
        "00000000-0000-0000-0000-000000000000",
        "' or 1=1 --",
        &"9".repeat(300),
    ] {
        assert_eq!(answer(id).await, real, "{id}: the same words for every id");
    }
}

async fn every_answer_names_the_request() {
    let app = TestApp::start(Engine::Sqlite).await;
    let mine = "8f0d1f9e-7f3c-4a7a-9d0a-2f6e6a3f9f11";
    for (actor, path) in [
        (app.writer(), POOLS),
        (app.anonymous(), POOLS),
        (app.anonymous(), "/nowhere"),
        (app.anonymous(), "/livez"),
    ] {
        let plain = actor.get(path).await;
        assert_eq!(plain.header("request-id").len(), 36);
        assert_eq!(plain.header("client-request-id"), plain.header("request-id"));
        let named =
            Answer::of(actor.request(Method::GET, path).header("client-request-id", mine)).await;
        assert_eq!(named.header("client-request-id"), mine);
        assert_ne!(named.header("request-id"), mine);
    }
}

async fn a_harmful_client_request_id_is_not_repeated() {
    let app = TestApp::start(Engine::Sqlite).await;
    for name in ["", "two words", &"x".repeat(129), "caf\u{e9}"] {
        let request = app.anonymous().request(Method::GET, "/livez");
        let value = reqwest::header::HeaderValue::from_bytes(name.as_bytes()).expect("a header");
        let answer = Answer::of(request.header("client-request-id", value)).await;
        assert_eq!(answer.header("client-request-id"), answer.header("request-id"), "{name}");
    }
}

async fn malformed_requests_are_answered_too() {
    let app = TestApp::start(Engine::Sqlite).await;
    for (request, status) in [
        ("GET /beta/../beta/livez HTTP/1.1\r\nHost: localhost\r\n\r\n", "400"),
        (
            "GET /beta/deviceManagement/embeddedSIMActivationCodePools/%2e%2e HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "401",
        ),
        ("GET http://localhost/livez HTTP/1.1\r\nHost: localhost\r\n\r\n", "200"),
        ("GET /livez HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", "400"),
        ("GET http://evil.example.com/livez HTTP/1.1\r\nHost: localhost\r\n\r\n", "400"),
        ("GET http://localhost:81/livez HTTP/1.1\r\nHost: localhost\r\n\r\n", "400"),
        ("GET /%ff%fe HTTP/1.1\r\nHost: localhost\r\n\r\n", "400"),
        ("GET /livez HTTP/1.0\r\nHost: localhost\r\n\r\n", "200"),
        ("garbage\r\n\r\n", "400"),
    ] {
        let answer = crate::support::raw(app.addr, request.as_bytes()).await;
        assert_eq!(answer.split(' ').nth(1), Some(status), "{request}: {answer}");
    }
}
