//! Why a request was refused, for callers that may know.

use esimpool::auth::{Permission, Wrong};
use serde_json::{Value, json};

use crate::support::app::{tenant_id, token_request};
use crate::support::issuer_service::beside_the_development_issuer;
use crate::support::process::{Server, run};
use crate::support::{Actor, Answer, EXAMPLE, Engine, POOLS, TestApp, cases};

cases! {
    once: [
        every_wrong_token_is_explained_by_its_request_id,
        an_explanation_names_what_came_close,
        an_explanation_is_for_callers_of_the_development_issuer_and_of_the_same_tenant,
        refusals_of_other_issuers_tokens_are_not_explained,
        only_the_latest_refusals_are_kept,
        the_latest_refusals_of_a_tenant_are_listed_and_those_of_tokens_that_name_no_other,
        a_part_of_a_batch_is_explained_too,
        without_the_development_issuer_nothing_is_explained,
        the_log_says_what_the_token_carried_and_what_the_route_needs,
    ],
}

/// The explanation of a refusal, as a caller with a token of that tenant reads it.
async fn explained(app: &TestApp, refused: &Answer) -> Value {
    let path = format!("/beta/esimpool/decisions/{}", refused.header("request-id"));
    let answer = app.tenant("contoso").carrying(&[]).get(&path).await.is(200);
    assert_eq!(answer.header("cache-control"), "no-store");
    answer.json()
}

async fn every_wrong_token_is_explained_by_its_request_id() {
    let app = TestApp::start(Engine::Sqlite).await;
    let kinds = Wrong::ALL.iter().flat_map(|wrong| [(wrong, false), (wrong, true)]);
    for (wrong, delegated) in kinds {
        let mut request =
            token_request(tenant_id("contoso"), &[Permission::ConfigurationReadWriteAll.name()]);
        request.wrong = Some(wrong);
        request.delegated = delegated;
        let token = app.issuer().token(&request, esimpool::clock::Clock::system().now());
        let refused = app.bearer(&token).post(POOLS, EXAMPLE).await;
        let it = explained(&app, &refused).await;
        assert_eq!(it["status"], refused.status.as_u16(), "{}: {it}", wrong.name);
        assert_eq!(it["code"], refused.json()["error"]["code"], "{}", wrong.name);
        assert_eq!(it["request"], format!("POST {POOLS}"), "{}", wrong.name);
        assert_eq!(
            it["needsOneOf"],
            json!(["DeviceManagementConfiguration.ReadWrite.All"]),
            "{}",
            wrong.name
        );
        assert!(it["why"].as_str().is_some_and(|why| why.len() > 10), "{}: {it}", wrong.name);
        // Neither the token nor its signature, nor in the answer more than Graph says.
        let signature = token.rsplit('.').next().unwrap_or_default();
        if signature.len() > 20 {
            assert!(!it.to_string().contains(&signature[..20]), "{}: {it}", wrong.name);
        }
        assert!(!refused.text().contains("needsOneOf"));
    }
    let refused = app.anonymous().get(POOLS).await;
    let it = explained(&app, &refused).await;
    assert_eq!((&it["check"], &it["token"]), (&json!("no_token"), &Value::Null));
}

async fn an_explanation_names_what_came_close() {
    let app = TestApp::start(Engine::Sqlite).await;
    for (wrong, check, words) in [
        ("audience", "wrong_audience", "aud is \"https://example.com\"; it must be one of"),
        ("issuer", "unknown_issuer", "the trusted issuers are: http://127.0.0.1:"),
        ("expired", "expired", "exp is "),
        ("tenant", "wrong_tenant", "The tenant is \"contoso\""),
        ("key-id", "unknown_key", "kid is \"unknown\" and alg is \"RS256\""),
        ("no-application", "not_access_token", "names its application in appid, azp or client_id"),
        ("type", "unsupported_header", "typ is \"dpop+jwt\""),
        ("permission-case", "missing_permission", "in case only"),
        ("permission-suffix", "missing_permission", "by additional characters"),
        ("permission-lookalike", "missing_permission", "by look-alike letters"),
        ("scp-beside-roles", "missing_permission", "which do not count in a token with scp"),
        ("no-permission", "missing_permission", "The token has no permission; it needs"),
    ] {
        let wrong = Wrong::named(wrong).expect("a kind");
        let refused = app.tenant("contoso").wrong(wrong, false).post(POOLS, EXAMPLE).await;
        let it = explained(&app, &refused).await;
        assert_eq!(it["check"], check, "{}: {it}", wrong.name);
        assert!(it["why"].as_str().is_some_and(|why| why.contains(words)), "{}: {it}", wrong.name);
    }
    let reader = app.tenant("contoso").user(Permission::ConfigurationReadAll);
    let it = explained(&app, &reader.post(POOLS, EXAMPLE).await).await;
    assert_eq!(it["token"]["kind"], "delegated");
    assert_eq!(it["token"]["permissions"], json!(["DeviceManagementConfiguration.Read.All"]));
    assert_eq!(it["token"]["header"]["alg"], "RS256");
    assert!(it["token"]["claims"].as_array().is_some_and(|claims| claims.contains(&json!("scp"))));
}

async fn an_explanation_is_for_callers_of_the_development_issuer_and_of_the_same_tenant() {
    let app = TestApp::start(Engine::Sqlite).await;
    let (mine, theirs) = (app.tenant("contoso"), app.tenant("fabrikam"));
    let refused = mine.caller(Permission::ConfigurationReadAll).post(POOLS, EXAMPLE).await;
    let path = format!("/beta/esimpool/decisions/{}", refused.header("request-id"));
    // Who was refused can ask with the very token.
    mine.caller(Permission::ConfigurationReadAll).get(&path).await.is(200);
    mine.caller(Permission::ConfigurationReadAll).get(&path["/beta".len()..]).await.is(200);
    theirs
        .caller(Permission::ConfigurationReadWriteAll)
        .get(&path)
        .await
        .is_refused(404, "ResourceNotFound");
    app.anonymous().get(&path).await.is_refused(401, "InvalidAuthenticationToken");
    for unknown in ["11111111-2222-3333-4444-555555555555", "x"] {
        let path = format!("/beta/esimpool/decisions/{unknown}");
        app.writer().get(&path).await.is_refused(404, "ResourceNotFound");
    }
    app.writer().delete(&path).await.is_refused(405, "Request_BadRequest");
}

async fn refusals_of_other_issuers_tokens_are_not_explained() {
    let (app, issuer, key) = beside_the_development_issuer().await;
    let real = app.bearer(&key.sign("k", &issuer.claims()));
    for refused in [
        real.post(POOLS, EXAMPLE).await,
        app.bearer(&key.sign("unknown", &issuer.claims())).get(POOLS).await,
    ] {
        let path = format!("/beta/esimpool/decisions/{}", refused.header("request-id"));
        app.writer().get(&path).await.is_refused(404, "ResourceNotFound");
        real.get(&path).await.is_refused(404, "ResourceNotFound");
    }
    // Nor are refusals of the development issuer's tokens explained to other callers.
    let refused = app.anonymous().get(POOLS).await;
    let path = format!("/beta/esimpool/decisions/{}", refused.header("request-id"));
    real.get(&path).await.is_refused(404, "ResourceNotFound");
    app.writer().get(&path).await.is(200);
}

async fn only_the_latest_refusals_are_kept() {
    let app = TestApp::start(Engine::Sqlite).await;
    let first = app.anonymous().get(POOLS).await;
    let path = format!("/beta/esimpool/decisions/{}", first.header("request-id"));
    for _ in 0..499 {
        app.anonymous().get(POOLS).await.is(401);
    }
    app.writer().get(&path).await.is(200);
    app.anonymous().get(POOLS).await.is(401);
    app.writer().get(&path).await.is_refused(404, "ResourceNotFound");
}

async fn the_latest_refusals_of_a_tenant_are_listed_and_those_of_tokens_that_name_no_other() {
    const LIST: &str = "/beta/esimpool/decisions";
    let app = TestApp::start(Engine::Sqlite).await;
    let (mine, theirs) = (app.tenant("contoso"), app.tenant("fabrikam"));
    let reader = mine.caller(Permission::ConfigurationReadAll);
    let expired = |tenant: &str| {
        let mut request = token_request(tenant_id(tenant), &["DeviceManagementApps.Read.All"]);
        request.wrong = Wrong::ALL.iter().find(|wrong| wrong.name == "expired");
        app.bearer(&app.issuer().token(&request, esimpool::clock::Clock::system().now()))
    };
    let refused = [
        reader.post(POOLS, EXAMPLE).await,
        theirs.caller(Permission::ConfigurationReadAll).post(POOLS, EXAMPLE).await,
        expired("contoso").get(POOLS).await,
        expired("fabrikam").get(POOLS).await,
        app.anonymous().get(POOLS).await,
    ];
    let ids: Vec<_> = refused.iter().map(|answer| answer.header("request-id").to_owned()).collect();
    let answer = mine.carrying(&[]).get(LIST).await.is(200);
    assert_eq!(answer.header("cache-control"), "no-store");
    let list = answer.json();
    let listed: Vec<_> =
        list["value"].as_array().expect("a list").iter().map(|it| &it["requestId"]).collect();
    assert_eq!(listed, [&ids[4], &ids[2], &ids[0]]);
    // Each is what is answered for its id.
    let one = reader.get(&format!("{LIST}/{}", ids[0])).await.is(200).json();
    assert_eq!(list["value"][2], one);
    app.anonymous().get(LIST).await.is_refused(401, "InvalidAuthenticationToken");
    for _ in 0..100 {
        reader.post(POOLS, EXAMPLE).await.is(403);
    }
    let list = reader.get(LIST).await.is(200).json();
    assert_eq!(list["value"].as_array().map(Vec::len), Some(100));
    assert!(!list.to_string().contains(&ids[0]));
}

async fn a_part_of_a_batch_is_explained_too() {
    let app = TestApp::start(Engine::Sqlite).await;
    let tenant = crate::support::app::tenant_id("contoso");
    let request = token_request(tenant, &[Permission::ConfigurationReadAll.name()]);
    let reader = app.tenant("contoso").token(&request);
    let url = "/deviceManagement/embeddedSIMActivationCodePools";
    let part = json!({
        "id": "1", "method": "POST", "url": url, "body": { "displayName": "x" },
        "headers": { "Content-Type": "application/json" },
    });
    let answer = reader.post("/beta/$batch", json!({ "requests": [part] })).await.is(200).json();
    let part = &answer["responses"][0];
    assert_eq!(part["status"], 403, "{answer}");
    let id = part["headers"]["request-id"].as_str().expect("an id");
    let it = reader.get(&format!("/beta/esimpool/decisions/{id}")).await.is(200).json();
    assert_eq!(it["request"], format!("POST {POOLS}"));
    assert_eq!(it["token"]["permissions"], json!(["DeviceManagementConfiguration.Read.All"]));
}

async fn without_the_development_issuer_nothing_is_explained() {
    let app =
        TestApp::with(Engine::Sqlite).set("identity.development.enabled", false).start().await;
    let message = app
        .anonymous()
        .get("/beta/esimpool/decisions/11111111-2222-3333-4444-555555555555")
        .await
        .is_refused(400, "BadRequest");
    assert_eq!(message, "Resource not found for the segment 'esimpool'.");
    let document = app.anonymous().get("/openapi.json").await.is(200).text();
    assert!(!document.contains("decisions"));
}

async fn the_log_says_what_the_token_carried_and_what_the_route_needs() {
    let folder = crate::support::app::new_folder();
    let url = format!("sqlite://{}/x.db", folder.path().display());
    let server = Server::start(folder.path(), &url);
    let data_dir = folder.path().to_str().expect("a path");
    let token = |more: &[&str]| {
        let output = run(&[&["--data-dir", data_dir, "token"], more].concat(), folder.path());
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    let permission = ["--permission", "DeviceManagementConfiguration.Read.All"];
    let (small, expired) = (token(&permission), token(&["--wrong", "expired"]));
    for token in [&small, &expired] {
        drop(Actor::new(server.addr, Some(token)).post(POOLS, EXAMPLE).await);
    }
    let log = server.end_and_read_log();
    let line = |refusal: &str| {
        let found = log.lines().find(|line| line.contains(refusal));
        let line: Value = serde_json::from_str(found.expect("a line")).expect("JSON");
        assert_eq!(line["needed"], "DeviceManagementConfiguration.ReadWrite.All");
        assert_eq!(line["token_claims"], "appid aud exp iat idtyp iss nbf oid roles sub tid ver");
        line
    };
    let missing = line("missing_permission");
    assert_eq!(missing["token_permissions"], "DeviceManagementConfiguration.Read.All");
    assert_eq!(line("\"expired\"")["status"], 401);
    for token in [small, expired] {
        for part in token.split('.') {
            assert!(!log.contains(part), "a part of a token is in the log");
        }
    }
}
