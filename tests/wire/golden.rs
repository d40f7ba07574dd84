//! The wire, byte for byte. Time and ids are pinned; what changes from run to run stands as a word
//! in capitals. `ESIMPOOL_UPDATE_GOLDEN=1 cargo test golden` writes the files anew.

use std::path::PathBuf;

use esimpool::auth::Permission;
use esimpool::clock::Clock;
use esimpool::domain::Timestamp;

use crate::support::{Answer, EXAMPLE, Engine, POOLS, TestApp, cases};

cases! {
    both: [answers_are_what_they_were],
}

async fn answers_are_what_they_were(engine: Engine) {
    let moment = Timestamp::parse("2017-01-01T00:02:43.577596Z").expect("a moment");
    let app = TestApp::with(engine).at(Clock::stopped(moment)).counting_ids().start().await;
    let (writer, reader) =
        (app.writer(), app.tenant("contoso").caller(Permission::ConfigurationReadAll));
    let send =
        async |actor: &crate::support::Actor, method: &str, path: &str, body: Option<&str>| {
            let mut request = actor.request(method.parse().expect("a verb"), path);
            request = request.header("client-request-id", "11111111-2222-3333-4444-555555555555");
            if let Some(body) = body {
                request = request.header("content-type", "application/json").body(body.to_owned());
            }
            Answer::of(request).await
        };
    compare(&app, "metadata", &send(&app.anonymous(), "GET", "/beta/$metadata", None).await);
    compare(&app, "service-document", &send(&app.anonymous(), "GET", "/beta", None).await);
    let created = send(&writer, "POST", POOLS, Some(EXAMPLE)).await;
    let one = created.header("location").to_owned();
    compare(&app, "create-pool", &created);
    compare(&app, "get-pool", &send(&writer, "GET", &one, None).await);
    let renamed = r#"{"displayName":"Another name","activationCodes":[]}"#;
    compare(&app, "update-pool", &send(&writer, "PATCH", &one, Some(renamed)).await);
    compare(&app, "list-pools", &send(&writer, "GET", POOLS, None).await);
    send(&writer, "POST", POOLS, Some(r#"{"displayName":"Second"}"#)).await.is(201);
    let page = send(&writer, "GET", &format!("{POOLS}?$top=1"), None).await;
    compare(&app, "list-pools-first-page", &page);
    let next = page.json()["@odata.nextLink"].as_str().expect("a next page").to_owned();
    compare(&app, "list-pools-last-page", &send(&writer, "GET", &next, None).await);
    compare(&app, "error-no-token", &send(&app.anonymous(), "GET", POOLS, None).await);
    compare(&app, "error-no-permission", &send(&reader, "POST", POOLS, Some(EXAMPLE)).await);
    compare(
        &app,
        "error-invalid",
        &send(&writer, "POST", POOLS, Some(r#"{"displayname":"x"}"#)).await,
    );
    compare(&app, "error-no-such-method", &send(&writer, "PUT", POOLS, None).await);
    compare(
        &app,
        "error-no-such-segment",
        &send(&writer, "GET", "/v1.0/deviceManagement", None).await,
    );
    let claimer = app.tenant("contoso").caller(Permission::ActivationCodeClaimAll);
    let pool = send(&writer, "POST", POOLS, Some(&real_pool())).await.is(201);
    let pool = pool.header("location");
    let device = r#"{"deviceName":"Ann's phone","universalIntegratedCircuitCardIdentifier":"89049032123451234512345678901235"}"#;
    let path = format!("{pool}/esimpool.claim");
    compare(&app, "claim", &send(&claimer, "POST", &path, Some(device)).await);
    let path = format!("{pool}/esimpool.stock");
    compare(&app, "stock", &send(&writer, "GET", &path, None).await);
    let path = format!("{pool}/esimpool.codes");
    compare(&app, "codes", &send(&writer, "GET", &path, None).await);
    let path = "/beta/deviceManagement/auditEvents?$filter=activityType eq 'claim'";
    compare(&app, "audit-event", &send(&writer, "GET", path, None).await);
    compare(&app, "delete-pool", &send(&writer, "DELETE", &one, None).await);
    compare(&app, "error-not-found", &send(&writer, "GET", &one, None).await);
}

#[track_caller]
fn compare(app: &TestApp, name: &str, answer: &Answer) {
    let mut headers: Vec<_> = answer
        .headers
        .iter()
        .filter(|(name, _)| !["date", "content-length"].contains(&name.as_str()))
        .map(|(name, value)| format!("{name}: {}", value.to_str().expect("visible ASCII")))
        .collect();
    headers.sort();
    let status = answer.status.as_u16();
    let text = format!("{status}\n{}\n\n{}\n", headers.join("\n"), answer.text());
    let text = text.replace(&app.addr.to_string(), "HOST");
    let path =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.txt"));
    if crate::support::updating() {
        std::fs::write(&path, &text).expect("it is written");
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, golden, "{name}");
}

/// A pool of one code, as a carrier gives it.
fn real_pool() -> String {
    let codes = crate::support::codes(1);
    serde_json::json!({ "displayName": "Spring", "activationCodes": codes }).to_string()
}
