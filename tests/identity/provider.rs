//! The development issuer as an identity provider, as Microsoft's clients use it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use esimpool::auth::DevelopmentIssuer;
use reqwest::Method;
use serde_json::json;

use crate::support::provider::{
    GRAPH, TENANT, claims_of, credentials, token_of, token_path, token_request_to,
};
use crate::support::{Answer, EXAMPLE, Engine, POOLS, TestApp, cases};

cases! {
    once: [
        discovery_leads_to_the_keys_and_to_a_token_that_works,
        a_client_may_authenticate_in_either_way,
        every_refusal_is_oauths_with_entras_code,
        the_scope_says_which_service_a_token_is_for,
        without_the_development_issuer_none_of_it_is_served,
        other_paths_are_not_affected,
        another_service_trusts_it_as_an_issuer_over_tls,
    ],
}

async fn discovery_leads_to_the_keys_and_to_a_token_that_works() {
    let app = TestApp::start(Engine::Sqlite).await;
    let secret = app.client_secret();
    for path in [
        format!("/{TENANT}/v2.0/.well-known/openid-configuration"),
        format!("/{TENANT}/.well-known/openid-configuration?appid=x"),
        "/common/v2.0/.well-known/openid-configuration".to_owned(),
        "/contoso.onmicrosoft.com/.well-known/openid-configuration".to_owned(),
    ] {
        let found = app.anonymous().get(&path).await.is(200).json();
        let tenant = match path.split('/').nth(1).expect("a tenant") {
            "common" => "{tenantid}",
            other => other,
        };
        assert_eq!(found["issuer"], format!("http://{}/{tenant}/v2.0", app.addr));
        let url = |name: &str| found[name].as_str().expect("a URL").to_owned();
        let base = format!("http://{}", app.addr);
        assert!(url("authorization_endpoint").starts_with(&base), "{found}");
        let keys = app.anonymous().get(&url("jwks_uri")).await.is(200).json();
        assert_eq!(keys, app.issuer().key_set());
        if path.contains(TENANT) {
            let token =
                token_of(token_request_to(&app, &url("token_endpoint"), &credentials(&secret)))
                    .await;
            app.bearer(&token).post(POOLS, EXAMPLE).await.is(201);
            let claims = claims_of(&token);
            assert_eq!(claims["tid"], TENANT);
            assert_eq!(claims["appid"], DevelopmentIssuer::APP);
            assert_eq!(claims["roles"], json!(["DeviceManagementConfiguration.ReadWrite.All"]));
        }
    }
    app.anonymous().get(&format!("/{TENANT}/discovery/keys")).await.is(200);
}

async fn a_client_may_authenticate_in_either_way() {
    let app = TestApp::start(Engine::Sqlite).await;
    let secret = app.client_secret();
    let credentials = STANDARD.encode(format!("{}:{secret}", DevelopmentIssuer::APP));
    let grant = [("grant_type", "client_credentials"), ("scope", GRAPH), ("client_info", "1")];
    let basic = token_request_to(&app, &token_path(), &grant)
        .header("authorization", format!("Basic {credentials}"));
    let token = token_of(basic).await;
    app.bearer(&token).get(POOLS).await.is(200);
    let wrong = STANDARD.encode(format!("{}:wrong", DevelopmentIssuer::APP));
    let refused = token_request_to(&app, &token_path(), &grant)
        .header("authorization", format!("Basic {wrong}"));
    let refused = Answer::of(refused).await.is(401);
    assert_eq!(refused.header("www-authenticate"), "Basic realm=\"esimpool\"");
}

async fn every_refusal_is_oauths_with_entras_code() {
    let app = TestApp::start(Engine::Sqlite).await;
    let secret = app.client_secret();
    let good = credentials(&secret);
    let but = |name: &str, value: &'static str| {
        let mut form = good.map(|(known, value)| (known.to_owned(), value.to_owned())).to_vec();
        form.retain(|(known, _)| known != name);
        if !value.is_empty() {
            form.push((name.to_owned(), value.to_owned()));
        }
        form
    };
    let other_tenant = "/contoso/oauth2/v2.0/token".to_owned();
    for (path, form, status, error, code) in [
        (token_path(), but("grant_type", ""), 400, "invalid_request", 900_144),
        (token_path(), but("grant_type", "password"), 400, "unsupported_grant_type", 70003),
        (token_path(), but("client_id", ""), 400, "invalid_request", 900_144),
        (token_path(), but("client_id", "nobody"), 400, "unauthorized_client", 700_016),
        (token_path(), but("client_secret", ""), 401, "invalid_client", 7_000_216),
        (token_path(), but("client_secret", "wrong"), 401, "invalid_client", 7_000_215),
        (token_path(), but("scope", ""), 400, "invalid_request", 900_144),
        (
            token_path(),
            but("scope", "https://graph.microsoft.com/User.Read"),
            400,
            "invalid_scope",
            1_002_012,
        ),
        (token_path(), but("scope", "/.default"), 400, "invalid_scope", 1_002_012),
        (token_path(), but("scope", "a/.default b/.default"), 400, "invalid_scope", 1_002_012),
        (other_tenant, but("", ""), 400, "invalid_request", 90002),
    ] {
        let request = app
            .anonymous()
            .request(Method::POST, &path)
            .header("client-request-id", "my-call")
            .form(&form);
        let answer = Answer::of(request).await;
        let body = answer.json();
        assert_eq!(
            (answer.status.as_u16(), &body["error"], &body["error_codes"]),
            (status, &json!(error), &json!([code])),
            "{form:?}: {body}"
        );
        let description = body["error_description"].as_str().expect("a text");
        assert!(description.starts_with(&format!("AADSTS{code}: ")), "{description}");
        assert_eq!(body["trace_id"], answer.header("request-id"));
        assert_eq!(body["correlation_id"], "my-call");
        assert_eq!(body["timestamp"].as_str().map(str::len), Some(20), "{body}");
        assert!(!body.to_string().contains(&secret));
    }
    // What is no form at all.
    let long = format!("grant_type={}", "x".repeat(33 * 1024));
    for (kind, body) in [
        ("application/json", "{}"),
        ("application/x-www-form-urlencoded", "scope=a&scope=b"),
        ("application/x-www-form-urlencoded", "scope=%FF"),
        ("application/x-www-form-urlencoded", &long),
    ] {
        let request = app.anonymous().request(Method::POST, &token_path());
        let answer = Answer::of(request.header("content-type", kind).body(body.to_owned())).await;
        assert_eq!(answer.is(400).json()["error"], "invalid_request");
    }
    app.anonymous().get(&token_path()).await.is_refused(405, "Request_BadRequest");
}

async fn the_scope_says_which_service_a_token_is_for() {
    let app = TestApp::start(Engine::Sqlite).await;
    let secret = app.client_secret();
    let address = format!("http://{}/.default", app.addr);
    for (scope, audience, status) in [
        (GRAPH, "https://graph.microsoft.com", 200),
        ("https://graph.microsoft.com//.default", "https://graph.microsoft.com/", 200),
        (
            "00000003-0000-0000-c000-000000000000/.default",
            "00000003-0000-0000-c000-000000000000",
            200,
        ),
        // Microsoft's clients make it from the address they call.
        (&address, "https://graph.microsoft.com", 200),
        ("http://127.0.0.1/.default", "https://graph.microsoft.com", 200),
        ("https://management.azure.com/.default", "https://management.azure.com", 401),
        ("https://127.0.0.1.example.com/.default", "https://127.0.0.1.example.com", 401),
        ("api://127.0.0.1/.default", "api://127.0.0.1", 401),
    ] {
        let mut form = credentials(&secret);
        form[3].1 = scope;
        let token = token_of(token_request_to(&app, &token_path(), &form)).await;
        assert_eq!(claims_of(&token)["aud"], audience, "{scope}");
        app.bearer(&token).get(POOLS).await.is(status);
    }
}

async fn without_the_development_issuer_none_of_it_is_served() {
    let app =
        TestApp::with(Engine::Sqlite).set("identity.development.enabled", false).start().await;
    for (method, tail) in [
        (Method::GET, "v2.0/.well-known/openid-configuration"),
        (Method::GET, ".well-known/openid-configuration"),
        (Method::GET, "discovery/v2.0/keys"),
        (Method::POST, "oauth2/v2.0/token"),
    ] {
        let request = app.anonymous().request(method, &format!("/{TENANT}/{tail}"));
        let message = Answer::of(request).await.is_refused(400, "BadRequest");
        assert_eq!(message, format!("Resource not found for the segment '{TENANT}'."));
    }
    assert!(!app.folder.path().join(DevelopmentIssuer::CLIENT_SECRET_FILE).exists());
}

async fn other_paths_are_not_affected() {
    let app = TestApp::start(Engine::Sqlite).await;
    for (path, segment) in [
        ("/contoso", "contoso"),
        ("/contoso/oauth2", "contoso"),
        ("/contoso/oauth2/v2.0/authorize/more", "contoso"),
        ("/contoso/discovery/v2.0/keys/more", "contoso"),
        ("/me/messages", "me"),
        ("/beta/discovery/v2.0/keys", "discovery"),
        ("/beta/.well-known/openid-configuration", ".well-known"),
        ("/beta/v2.0/.well-known/openid-configuration", "v2.0"),
        ("/v1.0/discovery/keys", "discovery"),
        ("/deviceManagement/discovery/keys", "discovery"),
        ("/a%2Fb/discovery/keys", "a/b"),
        ("//discovery/keys", ""),
    ] {
        let message = app.anonymous().get(path).await.is_refused(400, "BadRequest");
        assert_eq!(message, format!("Resource not found for the segment '{segment}'."), "{path}");
    }
}

async fn another_service_trusts_it_as_an_issuer_over_tls() {
    let provider =
        TestApp::with(Engine::Sqlite).set("server.tls.listen", "127.0.0.1:0").start().await;
    let port = provider.tls_addr.expect("it listens").port();
    let certificate = provider.folder.path().join("development-certificate.pem");
    // By the URL alone, as OpenID Connect Discovery defines it.
    let issuer = |name: &str, ca_file: &str| {
        format!(
            "[{{ issuer = 'https://localhost:{port}/{name}/v2.0', audiences = ['{}'], {ca_file} }}]",
            DevelopmentIssuer::AUDIENCE
        )
    };
    let endpoint = format!("https://localhost:{port}{}", token_path());
    let secret = provider.client_secret();
    let client = crate::support::tls::client(&certificate).build().expect("a client");
    let token = token_of(client.post(endpoint).form(&credentials(&secret))).await;
    let ca_file = format!("ca_file = '{}'", certificate.display());
    for name in [TENANT, "{tenantid}"] {
        let any = format!("tenants = ['*'], {ca_file}");
        let further = if name == TENANT { &ca_file } else { &any };
        let trusting = TestApp::with(Engine::Sqlite).set("identity.issuers", issuer(name, further));
        trusting.start().await.bearer(&token).post(POOLS, EXAMPLE).await.is(201);
    }
    // Keys are not accepted under an untrusted certificate.
    let wary =
        TestApp::with(Engine::Sqlite).set("identity.issuers", issuer(TENANT, "")).start().await;
    wary.bearer(&token).get(POOLS).await.is_refused(503, "ServiceUnavailable");
}
