//! Every known attack on a sign-in, and how it is refused. docs/identity.md has the table.

use esimpool::auth::DevelopmentIssuer;

use crate::support::provider::TENANT;
use crate::support::sign_in::{
    ADMINISTRATOR, PAGE, READ, address, allowing, answer, ask, asking, code, given, is_a_dead_end,
    is_denied, redeeming, refreshing, signed_in, ticket_in, tokens, tokens_in,
};
use crate::support::{EXAMPLE, Engine, POOLS, TestApp, cases};

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
