//! Heads of requests that are too large, and what they cost.

use reqwest::Method;

use crate::support::{Actor, Answer, Engine, POOLS, TestApp, cases, raw};

cases! {
    once: [
        too_many_headers_are_refused_before_authentication,
        headers_that_are_too_long_together_are_refused_before_authentication,
        a_large_head_within_the_limits_is_read,
        headers_full_of_commas_are_refused_or_ignored,
        the_parser_refuses_what_exceeds_its_own_limits,
    ],
}

const TOO_LARGE: &str = "RequestHeaderFieldsTooLarge";

/// Sends a request with these headers, `count` times each.
async fn get(actor: &Actor, headers: &[(&'static str, &str)], count: usize) -> Answer {
    let mut request = actor.request(Method::GET, POOLS);
    for (name, value) in headers {
        for _ in 0..count {
            request = request.header(*name, *value);
        }
    }
    Answer::of(request).await
}

async fn too_many_headers_are_refused_before_authentication() {
    let app = TestApp::start(Engine::Sqlite).await;
    for actor in [app.anonymous(), app.writer()] {
        let message = get(&actor, &[("x-many", "1")], 85).await.is_refused(431, TOO_LARGE);
        assert!(message.contains("80 headers"), "{message}");
        get(&actor, &[("accept", "application/json")], 85).await.is_refused(431, TOO_LARGE);
    }
}

async fn headers_that_are_too_long_together_are_refused_before_authentication() {
    let app = TestApp::start(Engine::Sqlite).await;
    let long = "x".repeat(4_000);
    for actor in [app.anonymous(), app.writer()] {
        let message = get(&actor, &[("x-long", &long)], 9).await.is_refused(431, TOO_LARGE);
        assert!(message.contains("32768 bytes"), "{message}");
        get(&actor, &[("x-long", &long.repeat(9))], 1).await.is_refused(431, TOO_LARGE);
    }
    // Also where nothing would have read them.
    let nowhere = app.anonymous().request(Method::GET, "/nowhere").header("x", long.repeat(9));
    Answer::of(nowhere).await.is_refused(431, TOO_LARGE);
}

async fn a_large_head_within_the_limits_is_read() {
    let app = TestApp::start(Engine::Sqlite).await;
    let long = "x".repeat(3_900);
    get(&app.writer(), &[("x-long", &long)], 8).await.is(200);
    get(&app.writer(), &[("x-many", "1")], 70).await.is(200);
    get(&app.anonymous(), &[("x-long", &long)], 8)
        .await
        .is_refused(401, "InvalidAuthenticationToken");
}

async fn headers_full_of_commas_are_refused_or_ignored() {
    let app = TestApp::start(Engine::Sqlite).await;
    let commas = ",".repeat(4_000);
    let all = [("accept", &*commas), ("accept-encoding", &*commas), ("prefer", &*commas)];
    get(&app.anonymous(), &all, 4).await.is_refused(431, TOO_LARGE);
    get(&app.writer(), &all, 2).await.is_refused(406, "NotAcceptable");
    // What follows the part that is read counts for nothing.
    get(&app.writer(), &[("accept", &format!("application/json{commas}"))], 1).await.is(200);
    get(&app.writer(), &[("accept", &format!("{commas}application/json"))], 1)
        .await
        .is_refused(406, "NotAcceptable");
}

async fn the_parser_refuses_what_exceeds_its_own_limits() {
    let app = TestApp::start(Engine::Sqlite).await;
    let head = format!("GET {POOLS} HTTP/1.1\r\nHost: localhost\r\n");
    let many = format!("{head}{}\r\n", "x: 1\r\n".repeat(100));
    assert!(raw(app.addr, many.as_bytes()).await.starts_with("HTTP/1.1 431"));
    // Exactly as long as the buffer, so that nothing is left unread when the connection closes.
    let endless = format!("{head}x: {}", "x".repeat(131_072 - head.len() - 3));
    assert!(raw(app.addr, endless.as_bytes()).await.starts_with("HTTP/1.1 431"));
    app.writer().get(POOLS).await.is(200);
}
