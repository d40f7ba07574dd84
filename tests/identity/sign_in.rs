//! People sign in to the development issuer, as the requests of a browser show it.

use esimpool::auth::DevelopmentIssuer;
use reqwest::Method;
use serde_json::json;

use crate::support::provider::{TENANT, claims_of};
use crate::support::sign_in::{
    ADMINISTRATOR, BACK, PAGE, READ, READER, VERIFIER, WRITE, address, allowing, answer, ask,
    asking, code, given, is_denied, redeeming, refreshing, signed_in, ticket_in, tokens,
};
use crate::support::{Answer, EXAMPLE, Engine, POOLS, TestApp, cases};

cases! {
    once: [
        a_page_signs_in_and_gets_tokens_that_work,
        what_is_not_ticked_is_not_granted,
        a_user_grants_only_what_it_can_consent_to,
        a_refresh_token_gets_the_next_tokens_and_the_next_one,
        the_outcome_goes_where_the_response_mode_says,
        pages_run_nothing_and_cannot_be_framed,
        the_expected_user_comes_first,
        signing_out_leads_only_to_registered_redirect_uris,
        an_authority_is_known_by_its_own_name_only,
        without_the_development_issuer_nobody_signs_in,
    ],
}

async fn a_page_signs_in_and_gets_tokens_that_work() {
    let app = TestApp::start(Engine::Sqlite).await;
    let page = ask(&app, &asking(&[("client_info", "1")])).await.is(200);
    let ticket = ticket_in(&page);
    let allowed = allowing(&ticket, ADMINISTRATOR, &["User.Read", READ, WRITE]);
    let outcome = answer(&app, &allowed).await;
    assert!(outcome.header("location").starts_with(&format!("{BACK}?code=")));
    assert_eq!(given(&outcome, "state").as_deref(), Some("the state"));
    let issuer = format!("http://{}/{TENANT}/v2.0", app.addr);
    assert_eq!(given(&outcome, "iss"), Some(issuer.clone()));
    assert!(given(&outcome, "client_info").is_some());
    let code = given(&outcome, "code").expect("a code");
    let granted =
        tokens(&app, &redeeming(&code, &[("client_info", "1")]), Some(PAGE)).await.is(200);
    assert_eq!(granted.header("cache-control"), "no-store");
    assert_eq!(granted.header("access-control-allow-origin"), PAGE);
    assert_eq!(granted.header("vary"), "Origin");
    let granted = granted.json();
    let token = granted["access_token"].as_str().expect("a token");
    let claims = claims_of(token);
    assert_eq!(claims["iss"], json!(issuer));
    assert_eq!(claims["scp"], format!("openid profile User.Read {READ} {WRITE}"));
    assert_eq!(claims["appid"], DevelopmentIssuer::PUBLIC_APP);
    assert_eq!((&claims["oid"], &claims["tid"]), (&json!(ADMINISTRATOR), &json!(TENANT)));
    assert!(claims.get("roles").is_none(), "{claims}");
    let user = app.bearer(token);
    user.post(POOLS, EXAMPLE).await.is(201);
    assert_eq!(user.get(POOLS).await.is(200).json()["value"].as_array().map(Vec::len), Some(1));
    let identity = claims_of(granted["id_token"].as_str().expect("an id token"));
    assert_eq!(identity["aud"], DevelopmentIssuer::PUBLIC_APP);
    assert_eq!(identity["iss"], json!(issuer));
    assert_eq!(identity["nonce"], "the nonce");
    assert_eq!(identity["preferred_username"], "administrator@esimpool.localhost");
    assert!(identity.get("scp").is_none() && identity.get("appid").is_none(), "{identity}");
    assert!(granted["client_info"].is_string() && granted["refresh_token"].is_string());
    assert!(granted["scope"].as_str().is_some_and(|scope| scope.contains(WRITE)), "{granted}");
}

async fn what_is_not_ticked_is_not_granted() {
    let app = TestApp::start(Engine::Sqlite).await;
    let ticket = ticket_in(&ask(&app, &asking(&[])).await.is(200));
    // Neither is what was not asked for.
    let more = ["EmbeddedSIMActivationCode.Claim.All", READ];
    let code = given(&answer(&app, &allowing(&ticket, ADMINISTRATOR, &more)).await, "code");
    let granted =
        tokens(&app, &redeeming(&code.expect("a code"), &[]), Some(PAGE)).await.is(200).json();
    let token = granted["access_token"].as_str().expect("a token");
    assert_eq!(claims_of(token)["scp"], format!("openid profile {READ}"));
    app.bearer(token).get(POOLS).await.is(200);
    app.bearer(token).post(POOLS, EXAMPLE).await.is_refused(403, "Forbidden");
    // Not even later.
    let next = granted["refresh_token"].as_str().expect("a token");
    let widened = tokens(&app, &refreshing(next, &[("scope", WRITE)]), Some(PAGE)).await;
    is_denied(&widened.is(400), "invalid_grant", 65001);
    // Nothing at all is a refusal, and so is a click on Cancel.
    let ticket = ticket_in(&ask(&app, &asking(&[])).await.is(200));
    let nothing = answer(&app, &allowing(&ticket, ADMINISTRATOR, &[])).await;
    assert_eq!(given(&nothing, "error").as_deref(), Some("access_denied"));
    let ticket = ticket_in(&ask(&app, &asking(&[])).await.is(200));
    let declined = answer(&app, &vec![("ticket", ticket), ("action", "deny".to_owned())]).await;
    assert_eq!(given(&declined, "error").as_deref(), Some("access_denied"));
    let description = given(&declined, "error_description").expect("a text");
    assert!(description.starts_with("AADSTS65004: "), "{description}");
    assert_eq!(given(&declined, "state").as_deref(), Some("the state"));
}

async fn a_user_grants_only_what_it_can_consent_to() {
    let app = TestApp::start(Engine::Sqlite).await;
    let ticket = ticket_in(&ask(&app, &asking(&[])).await.is(200));
    let outcome = answer(&app, &allowing(&ticket, READER, &["User.Read", READ, WRITE])).await;
    let code = given(&outcome, "code").expect("a code");
    let granted = tokens(&app, &redeeming(&code, &[]), Some(PAGE)).await.is(200).json();
    let scopes = &claims_of(granted["access_token"].as_str().expect("a token"))["scp"];
    assert_eq!(scopes, &json!(format!("openid profile User.Read {READ}")));
    let ticket = ticket_in(&ask(&app, &asking(&[("scope", WRITE)])).await.is(200));
    let refused = answer(&app, &allowing(&ticket, READER, &[WRITE])).await;
    let description = given(&refused, "error_description").expect("a text");
    assert!(description.starts_with("AADSTS90094: "), "{description}");
}

async fn a_refresh_token_gets_the_next_tokens_and_the_next_one() {
    let app = TestApp::start(Engine::Sqlite).await;
    let mut granted = signed_in(&app).await;
    for scope in ["", READ, "https://graph.microsoft.com/.default offline_access"] {
        let token = granted["refresh_token"].as_str().expect("a token").to_owned();
        let answer =
            tokens(&app, &refreshing(&token, &[("scope", scope)]), Some(PAGE)).await.is(200);
        assert_eq!(answer.header("access-control-allow-origin"), PAGE);
        granted = answer.json();
        assert_ne!(granted["refresh_token"], json!(token));
        let access = granted["access_token"].as_str().expect("a token");
        app.bearer(access).get(POOLS).await.is(200);
        // A narrower token now does not narrow the ones that follow.
        let writes = claims_of(access)["scp"].as_str().is_some_and(|scp| scp.contains(WRITE));
        assert_eq!(writes, scope != READ, "{scope}");
    }
    // Only who asked for them gets refresh tokens.
    let code = code(&app, &asking(&[("scope", READ)])).await;
    let short = tokens(&app, &redeeming(&code, &[]), Some(PAGE)).await.is(200).json();
    assert!(short.get("refresh_token").is_none() && short.get("id_token").is_none(), "{short}");
}

async fn the_outcome_goes_where_the_response_mode_says() {
    let app = TestApp::start(Engine::Sqlite).await;
    for (mode, back, begins) in [
        ("", BACK, format!("{BACK}?code=")),
        ("query", "http://localhost:3000/?a=b", "http://localhost:3000/?a=b&code=".to_owned()),
        ("fragment", BACK, format!("{BACK}#code=")),
    ] {
        let asked = asking(&[("response_mode", mode), ("redirect_uri", back)]);
        let ticket = ticket_in(&ask(&app, &asked).await.is(200));
        let outcome = answer(&app, &allowing(&ticket, READER, &[READ])).await;
        assert!(outcome.header("location").starts_with(&begins), "{mode}");
    }
    let state = "\"><script>alert(1)</script>";
    let asked = asking(&[("response_mode", "form_post"), ("state", state)]);
    let ticket = ticket_in(&ask(&app, &asked).await.is(200));
    let page = answer(&app, &allowing(&ticket, READER, &[READ])).await.is(200);
    let text = page.text();
    assert!(
        text.contains(&format!("action=\"{BACK}\"")) && text.contains("name=\"code\""),
        "{text}"
    );
    assert!(text.contains("&quot;&gt;&lt;script&gt;") && !text.contains("<script"), "{text}");
    assert!(
        page.header("content-security-policy").contains(&format!("form-action 'self' {PAGE};"))
    );
}

async fn pages_run_nothing_and_cannot_be_framed() {
    let app = TestApp::start(Engine::Sqlite).await;
    let device = format!("/{TENANT}/oauth2/deviceauth");
    let out = format!("/{TENANT}/oauth2/v2.0/logout");
    let refused = address(TENANT, &asking(&[("client_id", "<script>alert(1)</script>")]));
    for path in [address(TENANT, &asking(&[])), device, out, refused] {
        let request = app.anonymous().request(Method::GET, &path).header("origin", PAGE);
        let page = Answer::of(request).await;
        let policy = page.header("content-security-policy");
        for part in [
            "default-src 'none'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'self'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
        assert_eq!(page.header("x-frame-options"), "DENY");
        assert_eq!(page.header("cache-control"), "no-store");
        // Other pages cannot read it, and thus not answer it.
        assert!(!page.headers.contains_key("access-control-allow-origin"), "{path}");
        assert!(!page.headers.contains_key("set-cookie"), "{path}");
        assert!(!page.text().contains("<script"), "{}", page.text());
    }
}

async fn the_expected_user_comes_first() {
    let app = TestApp::start(Engine::Sqlite).await;
    for (hint, user) in [("READER@esimpool.localhost", READER), ("nobody@x", ADMINISTRATOR)] {
        let page = ask(&app, &asking(&[("login_hint", hint)])).await.is(200).text();
        let checked = page.split(" required checked").next().expect("a user");
        assert!(checked.ends_with(&format!("value=\"{user}\"")), "{page}");
    }
}

async fn signing_out_leads_only_to_registered_redirect_uris() {
    let app = TestApp::start(Engine::Sqlite).await;
    let out = |uri: &str| {
        format!("/{TENANT}/oauth2/v2.0/logout?state=a%26b&post_logout_redirect_uri={uri}")
    };
    let gone = app.anonymous().get(&out("http://localhost:3000/bye")).await.is(302);
    assert_eq!(gone.header("location"), "http://localhost:3000/bye?state=a%26b");
    for uri in
        ["https://evil.example/", "http://localhost.evil.example/", "javascript:alert(1)", ""]
    {
        let page = app.anonymous().get(&out(uri)).await.is(200);
        assert!(!page.headers.contains_key("location"), "{uri}");
    }
    let other = format!("{}&client_id=nobody", out("http://localhost:3000/bye"));
    app.anonymous().get(&other).await.is(200);
}

async fn an_authority_is_known_by_its_own_name_only() {
    let app = TestApp::start(Engine::Sqlite).await;
    let path = "/common/discovery/instance?api-version=1.1&authorization_endpoint=";
    let own = format!("{path}http://{}/{TENANT}/oauth2/v2.0/authorize", app.addr);
    let found = app.anonymous().get(&own).await.is(200).json();
    let document = found["tenant_discovery_endpoint"].as_str().expect("a URL");
    app.anonymous().get(document).await.is(200);
    assert_eq!(found["metadata"][0]["aliases"], json!([app.addr.to_string()]));
    let other = app.anonymous().get(&format!("{path}https://login.example.com/x")).await;
    is_denied(&other.is(400), "invalid_instance", 50049);
}

async fn without_the_development_issuer_nobody_signs_in() {
    let app =
        TestApp::with(Engine::Sqlite).set("identity.development.enabled", false).start().await;
    for path in [
        address(TENANT, &asking(&[])),
        format!("/{TENANT}/oauth2/deviceauth"),
        format!("/{TENANT}/oauth2/v2.0/logout"),
        "/common/discovery/instance".to_owned(),
    ] {
        app.anonymous().get(&path).await.is_refused(400, "BadRequest");
    }
    let form = redeeming("code", &[("code_verifier", VERIFIER)]);
    tokens(&app, &form, Some(PAGE)).await.is_refused(400, "BadRequest");
}
