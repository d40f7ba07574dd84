//! Every known attack on a sign-in, and how it is refused. docs/identity.md has the table.

use esimpool::auth::DevelopmentIssuer;
use reqwest::Method;

use crate::support::provider::TENANT;
use crate::support::sign_in::{
    ADMINISTRATOR, BACK, PAGE, READ, VERIFIER, WRITE, address, allowing, answer, answer_from, ask,
    asking, code, given, is_a_dead_end, is_denied, redeeming, refreshing, signed_in, ticket_in,
    tokens, tokens_in,
};
use crate::support::{Answer, EXAMPLE, Engine, POOLS, TestApp, cases};

cases! {
    once: [
        look_alikes_of_a_redirect_uri_are_refused,
        a_sign_in_without_a_strong_challenge_is_refused,
        a_code_without_its_verifier_is_refused,
        a_code_is_good_once_and_its_replay_ends_the_sign_in,
        a_code_of_another_sign_in_is_refused,
        a_refresh_token_that_is_used_twice_ends_the_sign_in,
        a_stolen_refresh_token_is_refused_elsewhere,
        issuers_are_not_mixed_up,
        pages_of_other_origins_get_no_tokens,
        the_answers_of_the_token_endpoint_are_for_registered_pages_only,
        a_hostile_page_cannot_answer_for_a_person,
        a_page_is_answered_once_and_by_its_own_service,
        a_hostile_name_does_not_reach_the_sign_in,
        nobody_signs_in_from_another_machine_even_where_it_is_allowed_to_call,
        an_id_token_is_no_access_token,
    ],
}

const OTHER: &str = "99999999-2222-3333-4444-555555555555";
const EVIL: &str = "https://evil.example";

async fn look_alikes_of_a_redirect_uri_are_refused() {
    let app = TestApp::start(Engine::Sqlite).await;
    for uri in [
        "https://evil.example/",
        "http://localhost.evil.example:3000/back",
        "http://localhost@evil.example/back",
        "http://localhost:3000@evil.example/back",
        "http://evil.example/?http://localhost:3000/back",
        "http://evil.example#http://localhost:3000/back",
        "http://localhost:3000/back#fragment",
        "http://localhost\\.evil.example/back",
        "http://localhost%2eevil.example/",
        "http://127.0.0.1.evil.example/",
        "http://2130706433/",
        "//localhost:3000/back",
        "javascript:alert(document.domain)//localhost",
        "data:text/html,localhost",
        "http://localhost:3000/back\r\nset-cookie: a=b",
        "http://loc\u{430}lhost:3000/back",
    ] {
        let answer = ask(&app, &asking(&[("redirect_uri", uri)])).await;
        is_a_dead_end(&answer, 400, 50011);
        assert!(!answer.headers.contains_key("set-cookie"));
    }
    is_a_dead_end(&ask(&app, &asking(&[("redirect_uri", "")])).await, 400, 900_144);
    is_a_dead_end(&ask(&app, &asking(&[("client_id", "nobody")])).await, 400, 700_016);
    let twice = format!("{}&redirect_uri={EVIL}", address(TENANT, &asking(&[])));
    is_a_dead_end(&app.anonymous().get(&twice).await, 400, 90100);
}

async fn a_sign_in_without_a_strong_challenge_is_refused() {
    let app = TestApp::start(Engine::Sqlite).await;
    for (changes, code) in [
        (vec![("code_challenge", ""), ("code_challenge_method", "")], 9_002_325),
        (vec![("code_challenge", "")], 9_002_325),
        (vec![("code_challenge_method", "")], 9_002_313),
        (vec![("code_challenge_method", "plain")], 9_002_313),
        (vec![("code_challenge_method", "s256")], 9_002_313),
        (vec![("code_challenge", "short")], 50147),
        (vec![("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSst+/cM")], 50147),
    ] {
        let told = ask(&app, &asking(&changes)).await;
        assert_eq!(given(&told, "error").as_deref(), Some("invalid_request"), "{changes:?}");
        let description = given(&told, "error_description").expect("a text");
        assert!(description.starts_with(&format!("AADSTS{code}: ")), "{description}");
        assert_eq!(given(&told, "code"), None);
    }
}

async fn a_code_without_its_verifier_is_refused() {
    let app = TestApp::start(Engine::Sqlite).await;
    let got = code(&app, &asking(&[])).await;
    // The challenge itself would be the verifier by the method "plain".
    let challenge = crate::support::sign_in::CHALLENGE;
    for verifier in ["", "wrong", challenge] {
        let form = redeeming(&got, &[("code_verifier", verifier)]);
        is_denied(&tokens(&app, &form, Some(PAGE)).await.is(400), "invalid_grant", 501_481);
    }
    // A thief who tried did not take it from its owner.
    tokens(&app, &redeeming(&got, &[]), Some(PAGE)).await.is(200);
    // Somebody removed the challenge on the way of a client that sent one.
    let settings = "[{ client_id = 'web', client_secret = 's', \
                    redirect_uris = { web = ['https://app.example.com/'] } }]";
    let app = TestApp::with(Engine::Sqlite).set("identity.development.applications", settings);
    let app = app.start().await;
    let web = [("client_id", "web"), ("redirect_uri", "https://app.example.com/")];
    let stripped = [("code_challenge", ""), ("code_challenge_method", "")];
    let got = code(&app, &asking(&[&web[..], &stripped].concat())).await;
    let form = redeeming(&got, &[&web[..], &[("client_secret", "s")]].concat());
    is_denied(&tokens(&app, &form, None).await.is(400), "invalid_grant", 501_481);
}

async fn a_code_is_good_once_and_its_replay_ends_the_sign_in() {
    let app = TestApp::start(Engine::Sqlite).await;
    let got = code(&app, &asking(&[])).await;
    let granted = tokens(&app, &redeeming(&got, &[]), Some(PAGE)).await.is(200).json();
    for origin in [Some(PAGE), None] {
        is_denied(
            &tokens(&app, &redeeming(&got, &[]), origin).await.is(400),
            "invalid_grant",
            54005,
        );
    }
    let next = granted["refresh_token"].as_str().expect("a token");
    is_denied(
        &tokens(&app, &refreshing(next, &[]), Some(PAGE)).await.is(400),
        "invalid_grant",
        50173,
    );
}

async fn a_code_of_another_sign_in_is_refused() {
    let app = TestApp::start(Engine::Sqlite).await;
    let got = code(&app, &asking(&[])).await;
    let console = ("client_id", DevelopmentIssuer::CONSOLE_APP);
    for (changes, error) in [
        (vec![console], 70000),
        (vec![("redirect_uri", "http://localhost:3000/other")], 500_112),
        (vec![("code", "nonsense")], 70000),
    ] {
        let form = redeeming(&got, &changes);
        is_denied(&tokens(&app, &form, Some(PAGE)).await.is(400), "invalid_grant", error);
    }
    let elsewhere = tokens_in(&app, OTHER, &redeeming(&got, &[]), Some(PAGE)).await;
    is_denied(&elsewhere.is(400), "invalid_grant", 700_005);
    let secret = redeeming(&got, &[("client_secret", "s")]);
    is_denied(&tokens(&app, &secret, Some(PAGE)).await.is(401), "invalid_client", 700_025);
    // A code is no refresh token, and the other way round.
    let form = refreshing(&got, &[]);
    is_denied(&tokens(&app, &form, Some(PAGE)).await.is(400), "invalid_grant", 70000);
    tokens(&app, &redeeming(&got, &[]), Some(PAGE)).await.is(200);
}

async fn a_refresh_token_that_is_used_twice_ends_the_sign_in() {
    let app = TestApp::start(Engine::Sqlite).await;
    let first = signed_in(&app).await["refresh_token"].as_str().expect("a token").to_owned();
    let used = tokens(&app, &refreshing(&first, &[]), Some(PAGE)).await.is(200).json();
    let next = used["refresh_token"].as_str().expect("a token");
    // The thief or the owner comes second: nobody knows which, so both are out.
    is_denied(
        &tokens(&app, &refreshing(&first, &[]), Some(PAGE)).await.is(400),
        "invalid_grant",
        50173,
    );
    is_denied(
        &tokens(&app, &refreshing(next, &[]), Some(PAGE)).await.is(400),
        "invalid_grant",
        50173,
    );
    // Another sign-in is not affected.
    let other = signed_in(&app).await;
    let other = other["refresh_token"].as_str().expect("a token");
    for forged in [&other[1..], &other[..other.len() - 2], "a.b", ""] {
        let answer = tokens(&app, &refreshing(forged, &[]), Some(PAGE)).await.is(400);
        assert!(answer.json().get("access_token").is_none(), "{forged}");
    }
    tokens(&app, &refreshing(other, &[]), Some(PAGE)).await.is(200);
}

async fn a_stolen_refresh_token_is_refused_elsewhere() {
    let app = TestApp::start(Engine::Sqlite).await;
    let granted = signed_in(&app).await;
    let token = granted["refresh_token"].as_str().expect("a token");
    let console = refreshing(token, &[("client_id", DevelopmentIssuer::CONSOLE_APP)]);
    is_denied(&tokens(&app, &console, Some(PAGE)).await.is(400), "invalid_grant", 70000);
    let elsewhere = tokens_in(&app, OTHER, &refreshing(token, &[]), Some(PAGE)).await;
    is_denied(&elsewhere.is(400), "invalid_grant", 700_005);
    for origin in [EVIL, "http://localhost:3001", "https://localhost:3000", "null"] {
        let answer = tokens(&app, &refreshing(token, &[]), Some(origin)).await.is(400);
        is_denied(&answer, "invalid_request", 9_002_326);
    }
    // A page's token in the hands of a program.
    let answer = tokens(&app, &refreshing(token, &[]), None).await.is(400);
    is_denied(&answer, "invalid_request", 9_002_327);
    let wider = refreshing(token, &[("scope", "EmbeddedSIMActivationCode.Claim.All")]);
    is_denied(&tokens(&app, &wider, Some(PAGE)).await.is(400), "invalid_grant", 65001);
    tokens(&app, &refreshing(token, &[]), Some(PAGE)).await.is(200);
    // A restart signs everybody out.
    let granted = signed_in(&app).await;
    let token = granted["refresh_token"].as_str().expect("a token");
    let app = app.restart().await;
    is_denied(
        &tokens(&app, &refreshing(token, &[]), Some(PAGE)).await.is(400),
        "invalid_grant",
        70000,
    );
}

async fn issuers_are_not_mixed_up() {
    let (app, other) = (TestApp::start(Engine::Sqlite).await, TestApp::start(Engine::Sqlite).await);
    // The application learns who answers, and another service does not take the code or the answer.
    let ticket = ticket_in(&ask(&app, &asking(&[])).await.is(200));
    let form = allowing(&ticket, ADMINISTRATOR, &[READ]);
    is_a_dead_end(&answer(&other, &form).await, 400, 9_002_313);
    let outcome = answer(&app, &form).await;
    let issuer = format!("http://{}/{TENANT}/v2.0", app.addr);
    assert_eq!(given(&outcome, "iss"), Some(issuer.clone()));
    let document = format!("/{TENANT}/v2.0/.well-known/openid-configuration");
    let document = app.anonymous().get(&document).await.is(200).json();
    assert_eq!(document["issuer"], issuer);
    assert_eq!(document["authorization_response_iss_parameter_supported"], true);
    let got = given(&outcome, "code").expect("a code");
    is_denied(
        &tokens(&other, &redeeming(&got, &[]), Some(PAGE)).await.is(400),
        "invalid_grant",
        70000,
    );
    let granted = tokens(&app, &redeeming(&got, &[]), Some(PAGE)).await.is(200).json();
    let token = granted["id_token"].as_str().expect("a token");
    let claims = crate::support::provider::claims_of(token);
    assert_eq!(
        (&claims["iss"], &claims["aud"]),
        (&issuer.into(), &DevelopmentIssuer::PUBLIC_APP.into())
    );
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

async fn an_id_token_is_no_access_token() {
    let app = TestApp::start(Engine::Sqlite).await;
    let granted = signed_in(&app).await;
    for name in ["id_token", "refresh_token"] {
        let token = granted[name].as_str().expect("a token");
        let answer = app.bearer(token).post(POOLS, EXAMPLE).await;
        answer.is_refused(401, "InvalidAuthenticationToken");
    }
    assert_eq!(app.database.number("select count(*) from pools").await, 0);
}
