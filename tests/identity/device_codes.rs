//! Devices whose user signs in elsewhere (RFC 8628).

use esimpool::auth::DevelopmentIssuer;
use reqwest::Method;
use serde_json::Value;

use crate::support::provider::{TENANT, claims_of};
use crate::support::sign_in::{
    ADMINISTRATOR, Form, PAGE, READ, allowing, is_a_dead_end, is_denied, refreshing, ticket_in,
    tokens, tokens_in,
};
use crate::support::{Answer, Engine, POOLS, TestApp, cases};

cases! {
    once: [
        a_device_gets_tokens_when_its_user_allows_it,
        a_device_is_told_that_its_user_declined,
        a_device_that_polls_too_often_is_slowed_down,
        no_other_client_gets_the_tokens_of_a_device,
        a_page_neither_starts_nor_answers_a_device,
        no_more_devices_wait_than_the_limit,
    ],
}

const OTHER: &str = "99999999-2222-3333-4444-555555555555";

async fn post(app: &TestApp, tail: &str, form: &Form, origin: Option<&str>) -> Answer {
    let request = app.anonymous().request(Method::POST, &format!("/{TENANT}/oauth2/{tail}"));
    let request = request.form(form);
    Answer::of(match origin {
        Some(origin) => request.header("origin", origin),
        None => request,
    })
    .await
}

async fn start(app: &TestApp) -> Value {
    let scope = format!("openid offline_access {READ}");
    let form = vec![("client_id", DevelopmentIssuer::PUBLIC_APP.to_owned()), ("scope", scope)];
    post(app, "v2.0/devicecode", &form, None).await.is(200).json()
}

fn polling(started: &Value) -> Form {
    vec![
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code".to_owned()),
        ("client_id", DevelopmentIssuer::PUBLIC_APP.to_owned()),
        ("device_code", started["device_code"].as_str().expect("a code").to_owned()),
    ]
}

/// Enters the code, however a person types it.
async fn enter(app: &TestApp, typed: &str) -> Answer {
    post(app, "deviceauth", &vec![("user_code", typed.to_owned())], None).await
}

fn user_code(started: &Value) -> &str {
    started["user_code"].as_str().expect("a code")
}

async fn a_device_gets_tokens_when_its_user_allows_it() {
    let app = TestApp::start(Engine::Sqlite).await;
    let started = start(&app).await;
    assert_eq!((&started["interval"], &started["expires_in"]), (&5.into(), &900.into()));
    let uri = started["verification_uri"].as_str().expect("a URL");
    assert!(started["message"].as_str().is_some_and(|text| text.contains(uri)), "{started}");
    let page = app.anonymous().get(uri).await.is(200).text();
    assert!(page.contains("name=\"user_code\""), "{page}");
    is_denied(
        &tokens(&app, &polling(&started), None).await.is(400),
        "authorization_pending",
        70016,
    );
    let typed = user_code(&started).to_lowercase();
    let typed = format!(" {}-{}", &typed[..4], &typed[4..]);
    let page = enter(&app, &typed).await.is(200);
    let allowed = allowing(&ticket_in(&page), ADMINISTRATOR, &[READ]);
    assert!(post(&app, "deviceauth", &allowed, None).await.is(200).text().contains("signed in"));
    let granted = tokens(&app, &polling(&started), None).await.is(200).json();
    let token = granted["access_token"].as_str().expect("a token");
    assert_eq!(claims_of(token)["scp"], format!("openid {READ}"));
    app.bearer(token).get(POOLS).await.is(200);
    let next = granted["refresh_token"].as_str().expect("a token");
    tokens(&app, &refreshing(next, &[]), None).await.is(200);
    // All of it is good for one use.
    is_denied(
        &tokens(&app, &polling(&started), None).await.is(400),
        "bad_verification_code",
        70018,
    );
    is_a_dead_end(&enter(&app, user_code(&started)).await, 400, 70018);
    is_a_dead_end(&post(&app, "deviceauth", &allowed, None).await, 400, 70018);
}

async fn a_device_is_told_that_its_user_declined() {
    let app = TestApp::start(Engine::Sqlite).await;
    let started = start(&app).await;
    let page = enter(&app, user_code(&started)).await.is(200);
    let declined = vec![("ticket", ticket_in(&page)), ("action", "deny".to_owned())];
    post(&app, "deviceauth", &declined, None).await.is(200);
    is_denied(
        &tokens(&app, &polling(&started), None).await.is(400),
        "authorization_declined",
        65004,
    );
}

async fn a_device_that_polls_too_often_is_slowed_down() {
    let app = TestApp::start(Engine::Sqlite).await;
    let started = start(&app).await;
    for (error, code) in
        [("authorization_pending", 70016), ("slow_down", 70016), ("slow_down", 70016)]
    {
        is_denied(&tokens(&app, &polling(&started), None).await.is(400), error, code);
    }
}

async fn no_other_client_gets_the_tokens_of_a_device() {
    let app = TestApp::start(Engine::Sqlite).await;
    let started = start(&app).await;
    let page = enter(&app, user_code(&started)).await.is(200);
    let allowed = allowing(&ticket_in(&page), ADMINISTRATOR, &[READ]);
    post(&app, "deviceauth", &allowed, None).await.is(200);
    let mut other = polling(&started);
    other[1] = ("client_id", DevelopmentIssuer::CONSOLE_APP.to_owned());
    is_denied(&tokens(&app, &other, None).await.is(400), "bad_verification_code", 70018);
    let elsewhere = tokens_in(&app, OTHER, &polling(&started), None).await;
    is_denied(&elsewhere.is(400), "invalid_grant", 700_005);
    let mut guessed = polling(&started);
    guessed[2] = ("device_code", user_code(&started).to_owned());
    is_denied(&tokens(&app, &guessed, None).await.is(400), "bad_verification_code", 70018);
    tokens(&app, &polling(&started), None).await.is(200);
}

async fn a_page_neither_starts_nor_answers_a_device() {
    let app = TestApp::start(Engine::Sqlite).await;
    let scope = ("scope", READ.to_owned());
    let form = vec![("client_id", DevelopmentIssuer::PUBLIC_APP.to_owned()), scope];
    let started = start(&app).await;
    let page = enter(&app, user_code(&started)).await.is(200);
    let allowed = allowing(&ticket_in(&page), ADMINISTRATOR, &[READ]);
    let typed = vec![("user_code", user_code(&started).to_owned())];
    for origin in ["https://evil.example", PAGE, "null"] {
        let refused = post(&app, "v2.0/devicecode", &form, Some(origin)).await.is(400);
        is_denied(&refused, "invalid_request", 9_002_326);
        for form in [&allowed, &typed] {
            is_a_dead_end(&post(&app, "deviceauth", form, Some(origin)).await, 403, 9_002_313);
        }
        let polled = tokens(&app, &polling(&started), Some(origin)).await.is(400);
        is_denied(&polled, "invalid_request", 9_002_326);
    }
    is_denied(
        &tokens(&app, &polling(&started), None).await.is(400),
        "authorization_pending",
        70016,
    );
}

async fn no_more_devices_wait_than_the_limit() {
    let app = TestApp::start(Engine::Sqlite).await;
    let form = vec![
        ("client_id", DevelopmentIssuer::PUBLIC_APP.to_owned()),
        ("scope", "openid".to_owned()),
    ];
    for _ in 0..1000 {
        post(&app, "v2.0/devicecode", &form, None).await.is(200);
    }
    let refused = post(&app, "v2.0/devicecode", &form, None).await.is(503);
    is_denied(&refused, "temporarily_unavailable", 90033);
}
