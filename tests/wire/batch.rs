//! `$batch`: several requests in one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use esimpool::auth::Permission;
use serde_json::{Value, json};

use crate::support::batch::{BATCH, RELATIVE, answer_to, create_part, get_part, send_batch};
use crate::support::{Actor, Engine, POOLS, TestApp, cases};

cases! {
    both: [
        parts_are_answered_separately_and_wait_for_their_dependencies,
    ],
    once: [
        each_part_needs_its_own_permission,
        urls_are_accepted_in_every_spelling_clients_use,
        headers_are_spelled_as_clients_expect,
        a_body_that_is_not_json_is_encoded_in_base64,
        parts_are_logged_separately_by_name,
    ],
}

async fn parts_are_answered_separately_and_wait_for_their_dependencies(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    let mut last = get_part("count", &format!("{RELATIVE}/$count"));
    last["dependsOn"] = json!(["a", "b"]);
    // The Python client's spelling, and an empty list of them.
    let mut second = create_part("b");
    second["depends_on"] = json!(["a"]);
    let mut first = create_part("a");
    first["depends_on"] = json!([]);
    let responses = send_batch(&writer, json!([last, second, first, get_part("gone", "/x")])).await;
    assert_eq!(responses.len(), 4);
    for id in ["a", "b"] {
        let created = answer_to(&responses, id);
        assert_eq!(
            (&created["status"], &created["body"]["activationCodeCount"]),
            (&json!(201), &json!(1))
        );
    }
    assert_eq!(answer_to(&responses, "count")["body"], 2);
    let gone = answer_to(&responses, "gone");
    assert_eq!(
        (&gone["status"], &gone["body"]["error"]["code"]),
        (&json!(400), &json!("BadRequest"))
    );
    let ids: Vec<_> = (0..20).map(|n| get_part(&n.to_string(), RELATIVE)).collect();
    assert_eq!(send_batch(&writer, json!(ids)).await.len(), 20);
}

async fn each_part_needs_its_own_permission() {
    let app = TestApp::start(Engine::Sqlite).await;
    let reader = app.tenant("contoso").caller(Permission::ConfigurationReadAll);
    let mut own = create_part("own");
    own["headers"]["Authorization"] = json!(format!("Bearer {}", app.writer_token()));
    let mut bad = get_part("bad", RELATIVE);
    bad["headers"] = json!({ "Authorization": "Bearer nonsense" });
    let responses =
        send_batch(&reader, json!([get_part("read", RELATIVE), create_part("write"), own, bad]))
            .await;
    let statuses =
        ["read", "write", "own", "bad"].map(|id| answer_to(&responses, id)["status"].clone());
    assert_eq!(statuses, [200, 403, 201, 401].map(Value::from));
    assert_eq!(answer_to(&responses, "write")["body"]["error"]["code"], "Forbidden");
    let challenge = &answer_to(&responses, "write")["headers"]["WWW-Authenticate"];
    assert!(challenge.as_str().is_some_and(|it| it.contains("insufficient_scope")));
    app.anonymous()
        .post(BATCH, json!({ "requests": [get_part("1", RELATIVE)] }))
        .await
        .is_refused(401, "InvalidAuthenticationToken");
    // Another tenant's token reads another tenant's pools.
    let stranger = app.tenant("fabrikam").caller(Permission::ConfigurationReadAll);
    let seen = send_batch(&stranger, json!([get_part("1", RELATIVE)])).await;
    assert_eq!(answer_to(&seen, "1")["body"]["value"], json!([]));
}

async fn urls_are_accepted_in_every_spelling_clients_use() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    let pool = writer.post(POOLS, json!({ "displayName": "it's \"so\"" })).await.is(201).json();
    let id = pool["id"].as_str().expect("an id");
    let base = format!("http://{}", app.addr);
    for (number, url) in [
        format!("{RELATIVE}/{id}"),
        format!("deviceManagement/embeddedSIMActivationCodePools/{id}?$select=id,displayName"),
        format!("{RELATIVE}('{id}')"),
        format!("{RELATIVE}?$filter=displayName eq 'it''s \"so\"'"),
        format!("{RELATIVE}?$filter=displayName%20eq%20%27it%27%27s%20%22so%22%27"),
        format!(
            "{RELATIVE}?$filter=startswith(displayName, 'it''s')&$expand=assignments($select=id)"
        ),
        format!("{base}/beta{RELATIVE}/{id}"),
        format!("{base}{RELATIVE}/{id}"),
        format!("{POOLS}/{id}"),
    ]
    .iter()
    .enumerate()
    {
        let name = number.to_string();
        let responses = send_batch(&writer, json!([get_part(&name, url)])).await;
        let answer = answer_to(&responses, &name);
        assert_eq!(answer["status"], 200, "{url}: {answer}");
        let entity = if answer["body"]["value"].is_array() {
            &answer["body"]["value"][0]
        } else {
            &answer["body"]
        };
        assert_eq!(entity["displayName"], "it's \"so\"", "{url}");
    }
    for url in [
        "http://example.com/beta/deviceManagement/embeddedSIMActivationCodePools",
        &format!("{base}.evil.example/beta{RELATIVE}"),
        "$batch",
        "/beta/$batch",
        "/%24batch",
    ] {
        let responses = send_batch(&writer, json!([get_part("1", url)])).await;
        let error = &answer_to(&responses, "1")["body"]["error"];
        assert_eq!(
            (&error["code"], &error["target"]),
            (&json!("BadRequest"), &json!("url")),
            "{url}"
        );
    }
}

async fn a_body_that_is_not_json_is_encoded_in_base64() {
    let app = TestApp::start(Engine::Sqlite).await;
    let responses =
        send_batch(&app.writer(), json!([get_part("1", "/$metadata"), get_part("2", "/livez")]))
            .await;
    let text = answer_to(&responses, "1")["body"].as_str().expect("a text");
    let metadata = STANDARD.decode(text).expect("base64, with its padding");
    assert_eq!(metadata, app.anonymous().get("/beta/$metadata").await.body);
    assert_eq!(answer_to(&responses, "2")["body"], json!({ "status": "ok" }));
}

async fn headers_are_spelled_as_clients_expect() {
    let app = TestApp::start(Engine::Sqlite).await;
    let responses = send_batch(&app.writer(), json!([create_part("1")])).await;
    let headers = answer_to(&responses, "1")["headers"].as_object().expect("headers");
    for name in [
        "Content-Type",
        "OData-Version",
        "ETag",
        "Location",
        "Cache-Control",
        "request-id",
        "client-request-id",
    ] {
        assert!(headers.contains_key(name), "{name}: {headers:?}");
    }
    let location = headers["Location"].as_str().expect("a link");
    assert!(location.starts_with(&format!("http://{}{POOLS}/", app.addr)), "{location}");
    let mut minimal = create_part("2");
    minimal["headers"]["Prefer"] = json!("return=minimal");
    let responses = send_batch(&app.writer(), json!([minimal])).await;
    let answer = answer_to(&responses, "2");
    assert_eq!((&answer["status"], answer.get("body")), (&json!(204), None));
}

async fn parts_are_logged_separately_by_name() {
    let folder = crate::support::app::new_folder();
    let url = format!("sqlite://{}/esimpool.db", folder.path().display());
    let server = crate::support::process::Server::start(folder.path(), &url);
    let token = crate::support::app::development_issuer(folder.path()).token(
        &crate::support::app::token_request(
            crate::support::app::tenant_id("contoso"),
            &[Permission::ConfigurationReadWriteAll.name()],
        ),
        esimpool::clock::Clock::system().now(),
    );
    let actor = Actor::new(server.addr, Some(&token));
    let answer =
        actor.post(BATCH, json!({ "requests": [get_part("1", RELATIVE), create_part("2")] })).await;
    let whole = answer.header("request-id").to_owned();
    let responses = answer.is(200).json()["responses"].as_array().expect("a list").clone();
    let log = server.end_and_read_log();
    for response in &responses {
        let id = response["headers"]["request-id"].as_str().expect("an id");
        assert_ne!(id, whole);
        let line = log.lines().find(|line| line.contains(&format!("\"request_id\":\"{id}\"")));
        let line = line.unwrap_or_else(|| panic!("no line for {id} in {log}"));
        let line: Value = serde_json::from_str(line).expect("JSON");
        assert_eq!((&line["part_of"], &line["route"]), (&json!(whole), &json!(POOLS)));
    }
}
