//! Attacks on a sign-in by web pages and from other machines. docs/identity.md has the table.

use reqwest::Method;

use crate::support::provider::TENANT;
use crate::support::sign_in::{
    ADMINISTRATOR, BACK, PAGE, READ, VERIFIER, WRITE, address, allowing, answer, answer_from, ask,
    asking, code, given, is_a_dead_end, is_denied, redeeming, ticket_in, tokens,
};
use crate::support::{Answer, Engine, TestApp, cases};

const EVIL: &str = "https://evil.example";

cases! {
    once: [
        pages_of_other_origins_get_no_tokens,
        the_answers_of_the_token_endpoint_are_for_registered_pages_only,
        a_hostile_page_cannot_answer_for_a_person,
        a_page_is_answered_once_and_by_its_own_service,
        a_hostile_name_does_not_reach_the_sign_in,
        nobody_signs_in_from_another_machine_even_where_it_is_allowed_to_call,
    ],
}

async fn pages_of_other_origins_get_no_tokens() {
    let app = TestApp::start(Engine::Sqlite).await;
    let secret = app.client_secret();
    let got = code(&app, &asking(&[])).await;
    let own: Vec<_> = crate::support::provider::credentials(&secret)
        .map(|(name, value)| (name, value.to_owned()))
        .to_vec();
    for origin in
        [EVIL, "null", "http://localhost:3001", "http://127.0.0.1:3000", "http://localhost", ""]
    {
        for form in [redeeming(&got, &[]), own.clone()] {
            let answer = tokens(&app, &form, Some(origin)).await.is(400);
            is_denied(&answer, "invalid_request", 9_002_326);
        }
    }
    // A page's code in the hands of a program: for one that was registered as both, it is good.
    let settings = format!("[{{ client_id = 'spa', redirect_uris = {{ spa = ['{BACK}'] }} }}]");
    let app = TestApp::with(Engine::Sqlite).set("identity.development.applications", settings);
    let app = app.start().await;
    let got = code(&app, &asking(&[("client_id", "spa")])).await;
    let form = redeeming(&got, &[("client_id", "spa")]);
    is_denied(&tokens(&app, &form, None).await.is(400), "invalid_request", 9_002_327);
    tokens(&app, &form, Some(PAGE)).await.is(200);
}

async fn the_answers_of_the_token_endpoint_are_for_registered_pages_only() {
    let settings =
        "[{ client_id = 'spa', redirect_uris = { spa = ['https://app.example.com:443/back'] } }]";
    let app = TestApp::with(Engine::Sqlite).set("identity.development.applications", settings);
    let app = app.start().await;
    let own = format!("http://{}", app.addr);
    for (origin, allowed) in [
        ("https://app.example.com", true),
        (own.as_str(), true), // the console's
        ("http://app.example.com", false),
        ("https://app.example.com.evil.example", false),
        ("https://app.example.com:8443", false),
        (PAGE, false),
        (EVIL, false),
        ("null", false),
    ] {
        let preflight = app
            .anonymous()
            .request(Method::OPTIONS, &format!("/{TENANT}/oauth2/v2.0/token"))
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "client-request-id");
        let preflight = Answer::of(preflight).await.is(200);
        let refused = tokens(&app, &redeeming("x", &[("client_id", "spa")]), Some(origin)).await;
        let expected = if allowed { origin } else { "" };
        for answer in [&preflight, &refused] {
            assert_eq!(answer.header("access-control-allow-origin"), expected, "{origin}");
            assert_eq!(answer.header("vary"), "Origin", "{origin}");
            assert!(!answer.headers.contains_key("access-control-allow-credentials"));
        }
        assert_eq!(
            preflight.headers.contains_key("access-control-allow-methods"),
            allowed,
            "{origin}"
        );
    }
}

async fn a_hostile_page_cannot_answer_for_a_person() {
    let app = TestApp::start(Engine::Sqlite).await;
    let ticket = ticket_in(&ask(&app, &asking(&[])).await.is(200));
    let form = allowing(&ticket, ADMINISTRATOR, &[READ, WRITE]);
    let own = format!("http://{}", app.addr);
    for headers in [
        vec![("origin", EVIL)],
        vec![("origin", "null")],
        vec![("origin", PAGE)],
        vec![("origin", "http://127.0.0.1")],
        vec![("origin", &own[..own.len() - 1])],
        vec![("sec-fetch-site", "cross-site")],
        vec![("sec-fetch-site", "same-site")],
        vec![("origin", &own), ("sec-fetch-site", "cross-site")],
    ] {
        is_a_dead_end(&answer_from(&app, &form, &headers).await, 403, 9_002_313);
    }
    // Without the page it has no ticket.
    for ticket in ["", "x", "e30.e30", &ticket[1..]] {
        let form = allowing(ticket, ADMINISTRATOR, &[READ]);
        let answer = answer(&app, &form).await;
        is_a_dead_end(&answer, 400, if ticket.is_empty() { 900_144 } else { 9_002_313 });
    }
    // Neither was the ticket used up.
    assert!(given(&answer(&app, &form).await, "code").is_some());
}

async fn a_page_is_answered_once_and_by_its_own_service() {
    let app = TestApp::start(Engine::Sqlite).await;
    let ticket = ticket_in(&ask(&app, &asking(&[])).await.is(200));
    let form = allowing(&ticket, ADMINISTRATOR, &[READ]);
    assert!(given(&answer(&app, &form).await, "code").is_some());
    is_a_dead_end(&answer(&app, &form).await, 400, 9_002_313);
    // The ticket of a page at another name of the service.
    let port = app.addr.port();
    let localhost = format!("http://localhost:{port}{}", address(TENANT, &asking(&[])));
    let ticket = ticket_in(&app.anonymous().get(&localhost).await.is(200));
    is_a_dead_end(&answer(&app, &allowing(&ticket, ADMINISTRATOR, &[READ])).await, 400, 9_002_313);
}

async fn a_hostile_name_does_not_reach_the_sign_in() {
    let app = TestApp::start(Engine::Sqlite).await;
    let token = format!("/{TENANT}/oauth2/v2.0/token");
    let page = address(TENANT, &asking(&[]));
    for (method, path) in [
        (Method::GET, page.as_str()),
        (Method::POST, page.as_str()),
        (Method::POST, token.as_str()),
        (Method::OPTIONS, token.as_str()),
    ] {
        let rebound = app.anonymous().request(method.clone(), path);
        let rebound =
            rebound.header("host", "rebound.evil.example").form(&redeeming(VERIFIER, &[]));
        Answer::of(rebound).await.is_refused(403, "RemoteCallerNotAllowed");
        let proxied = app.anonymous().request(method, path).header("x-forwarded-for", "192.0.2.1");
        Answer::of(proxied).await.is_refused(403, "RemoteCallerNotAllowed");
    }
}

async fn nobody_signs_in_from_another_machine_even_where_it_is_allowed_to_call() {
    let app = TestApp::with(Engine::Sqlite).set("identity.development.allow_remote", true);
    let app = app.start().await;
    let page = address(TENANT, &asking(&[]));
    let device = format!("/{TENANT}/oauth2/deviceauth");
    let here = app.anonymous().get(&page).await.is(200);
    let allowed = allowing(&ticket_in(&here), ADMINISTRATOR, &[READ]);
    for header in [("x-forwarded-for", "192.0.2.1"), ("host", "esim.example.com")] {
        for (method, path) in [
            (Method::GET, &page),
            (Method::POST, &page),
            (Method::GET, &device),
            (Method::POST, &device),
        ] {
            let request = app.anonymous().request(method, path).header(header.0, header.1);
            is_a_dead_end(&Answer::of(request.form(&allowed)).await, 403, 53003);
        }
        let document = format!("/{TENANT}/v2.0/.well-known/openid-configuration");
        let request = app.anonymous().request(Method::GET, &document).header(header.0, header.1);
        Answer::of(request).await.is(200);
    }
    // A batch is no browser.
    let part = serde_json::json!({ "id": "1", "method": "GET", "url": page });
    let batch = serde_json::json!({ "requests": [part] });
    let answered = app.writer().post("/beta/$batch", batch).await.is(200).json();
    assert_ne!(answered["responses"][0]["status"], 200, "{answered}");
    assert!(given(&answer(&app, &allowed).await, "code").is_some());
}
