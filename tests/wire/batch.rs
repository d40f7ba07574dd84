//! `$batch`: several requests in one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use esimpool::auth::Permission;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Actor, Answer, EXAMPLE, Engine, POOLS, TestApp, cases};

cases! {
    both: [parts_are_answered_each_by_itself_and_wait_for_what_they_depend_on],
    once: [
        each_part_needs_its_own_permission,
        a_part_that_depends_on_a_failed_one_is_not_tried,
        urls_come_in_every_spelling_of_the_clients,
        a_broken_batch_is_refused_as_a_whole_and_does_nothing,
        a_broken_part_is_refused_alone,
        headers_are_spelled_as_clients_look_for_them,
        a_body_that_is_no_json_stands_there_in_base64,
        hostile_filters_are_refused_inside_a_batch_too,
        parts_are_logged_and_named_each_by_itself,
        bodies_of_all_parts_together_are_held_to_the_cap,
    ],
}

const BATCH: &str = "/beta/$batch";
const RELATIVE: &str = "/deviceManagement/embeddedSIMActivationCodePools";

async fn batch(actor: &Actor, requests: Value) -> Vec<Value> {
    let answer = actor.post(BATCH, json!({ "requests": requests })).await.is(200).json();
    answer["responses"].as_array().expect("a list").clone()
}

#[track_caller]
fn of<'a>(responses: &'a [Value], id: &str) -> &'a Value {
    responses.iter().find(|it| it["id"] == id).unwrap_or_else(|| panic!("no answer to {id}"))
}

fn get(id: &str, url: &str) -> Value {
    json!({ "id": id, "method": "GET", "url": url })
}

fn create(id: &str) -> Value {
    let body: Value = serde_json::from_str(EXAMPLE).expect("JSON");
    let headers = json!({ "Content-Type": "application/json" });
    json!({ "id": id, "method": "POST", "url": RELATIVE, "headers": headers, "body": body })
}

async fn parts_are_answered_each_by_itself_and_wait_for_what_they_depend_on(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    let mut last = get("count", &format!("{RELATIVE}/$count"));
    last["dependsOn"] = json!(["a", "b"]);
    // The Python client's spelling, and an empty list of them.
    let mut second = create("b");
    second["depends_on"] = json!(["a"]);
    let mut first = create("a");
    first["depends_on"] = json!([]);
    let responses = batch(&writer, json!([last, second, first, get("gone", "/x")])).await;
    assert_eq!(responses.len(), 4);
    for id in ["a", "b"] {
        let created = of(&responses, id);
        assert_eq!(
            (&created["status"], &created["body"]["activationCodeCount"]),
            (&json!(201), &json!(1))
        );
    }
    assert_eq!(of(&responses, "count")["body"], 2);
    let gone = of(&responses, "gone");
    assert_eq!(
        (&gone["status"], &gone["body"]["error"]["code"]),
        (&json!(400), &json!("BadRequest"))
    );
    let ids: Vec<_> = (0..20).map(|n| get(&n.to_string(), RELATIVE)).collect();
    assert_eq!(batch(&writer, json!(ids)).await.len(), 20);
}

async fn each_part_needs_its_own_permission() {
    let app = TestApp::start(Engine::Sqlite).await;
    let reader = app.tenant("contoso").caller(Permission::ConfigurationReadAll);
    let mut own = create("own");
    own["headers"]["Authorization"] = json!(format!("Bearer {}", app.writer_token()));
    let mut bad = get("bad", RELATIVE);
    bad["headers"] = json!({ "Authorization": "Bearer nonsense" });
    let responses = batch(&reader, json!([get("read", RELATIVE), create("write"), own, bad])).await;
    let statuses = ["read", "write", "own", "bad"].map(|id| of(&responses, id)["status"].clone());
    assert_eq!(statuses, [200, 403, 201, 401].map(Value::from));
    assert_eq!(of(&responses, "write")["body"]["error"]["code"], "Forbidden");
    let challenge = &of(&responses, "write")["headers"]["WWW-Authenticate"];
    assert!(challenge.as_str().is_some_and(|it| it.contains("insufficient_scope")));
    app.anonymous()
        .post(BATCH, json!({ "requests": [get("1", RELATIVE)] }))
        .await
        .is_refused(401, "InvalidAuthenticationToken");
    // Another tenant's token reads another tenant's pools.
    let stranger = app.tenant("fabrikam").caller(Permission::ConfigurationReadAll);
    let seen = batch(&stranger, json!([get("1", RELATIVE)])).await;
    assert_eq!(of(&seen, "1")["body"]["value"], json!([]));
}

async fn a_part_that_depends_on_a_failed_one_is_not_tried() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    let mut after = create("after");
    after["dependsOn"] = json!(["failed"]);
    let mut later = create("later");
    later["dependsOn"] = json!(["after"]);
    let failed = get("failed", &format!("{RELATIVE}/none"));
    let responses = batch(&writer, json!([later, after, failed, create("alone")])).await;
    let statuses =
        ["failed", "after", "later", "alone"].map(|id| of(&responses, id)["status"].clone());
    assert_eq!(statuses, [404, 424, 424, 201].map(Value::from));
    assert_eq!(of(&responses, "later")["body"]["error"]["code"], "FailedDependency");
    assert_eq!(writer.get(&format!("{POOLS}/$count")).await.text(), "1");
}

async fn urls_come_in_every_spelling_of_the_clients() {
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
        let responses = batch(&writer, json!([get(&name, url)])).await;
        let answer = of(&responses, &name);
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
        let responses = batch(&writer, json!([get("1", url)])).await;
        let error = &of(&responses, "1")["body"]["error"];
        assert_eq!(
            (&error["code"], &error["target"]),
            (&json!("BadRequest"), &json!("url")),
            "{url}"
        );
    }
}

async fn a_broken_batch_is_refused_as_a_whole_and_does_nothing() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    let many: Vec<_> = (0..21).map(|n| create(&n.to_string())).collect();
    let mut circle = [create("a"), create("b")];
    circle[0]["dependsOn"] = json!(["b"]);
    circle[1]["dependsOn"] = json!(["a"]);
    let mut unknown = create("a");
    unknown["dependsOn"] = json!(["z"]);
    let mut oneself = create("a");
    oneself["dependsOn"] = json!(["a"]);
    for (body, reason) in [
        (json!({}), "'requests' is required"),
        (json!({ "requests": [] }), "'requests' holds 0; it takes from 1 to 20"),
        (json!({ "requests": many }), "'requests' holds 21; it takes from 1 to 20"),
        (json!({ "requests": [create("a"), create("A")] }), "'requests[1].id' stands twice"),
        (
            json!({ "requests": [create("a"), { "id": "b", "url": "/x" }] }),
            "'requests[1].method' is required",
        ),
        (
            json!({ "requests": [create("a"), { "id": "b", "method": "GET" }] }),
            "'requests[1].url' is required",
        ),
        (
            json!({ "requests": [create("a"), { "method": "GET", "url": "/x" }] }),
            "'requests[1].id' is required",
        ),
        (
            json!({ "requests": [create("a"), { "id": 1, "method": "GET", "url": "/x" }] }),
            "'requests[1].id' must be a string",
        ),
        (
            json!({ "requests": [create("a"), { "id": "b", "verb": "GET" }] }),
            "'requests[1].verb' is not a property of a request of a batch",
        ),
        (json!({ "requests": circle }), "'requests[0].dependsOn' leads back"),
        (json!({ "requests": [oneself] }), "'requests[0].dependsOn' leads back"),
        (
            json!({ "requests": [unknown] }),
            "'requests[0].dependsOn' names a request that the batch has not",
        ),
        (json!([create("a")]), "must be an object"),
    ] {
        let message = writer.post(BATCH, body).await.is_refused(400, "BadRequest");
        assert!(message.contains(reason), "{message} / {reason}");
    }
    writer.post(BATCH, "{").await.is_refused(400, "BadRequest");
    assert_eq!(writer.get(&format!("{POOLS}/$count")).await.text(), "0");
    Answer::of(writer.request(Method::GET, BATCH)).await.is_refused(405, "Request_BadRequest");
}

async fn a_broken_part_is_refused_alone() {
    let app = TestApp::start(Engine::Sqlite).await;
    let mut twice = create("twice");
    twice["body"]["displayname"] = json!("typo");
    let mut header = create("header");
    header["headers"]["bad name"] = json!("x");
    let mut kind = create("kind");
    kind["headers"] = json!({});
    let verb = json!({ "id": "verb", "method": "G ET", "url": RELATIVE });
    let put = json!({ "id": "put", "method": "PUT", "url": RELATIVE });
    let requests = json!([create("good"), twice, header, kind, verb, put]);
    let responses = batch(&app.writer(), requests).await;
    for (id, status) in
        [("good", 201), ("twice", 400), ("header", 400), ("kind", 415), ("verb", 400), ("put", 405)]
    {
        assert_eq!(of(&responses, id)["status"], status, "{id}: {}", of(&responses, id));
    }
    assert_eq!(of(&responses, "put")["headers"]["Allow"], "GET, POST");
    // A key that stands twice inside a part is found, although the batch was read before.
    let text = format!(
        r#"{{"requests":[{{"id":"1","method":"POST","url":"{RELATIVE}","headers":{{"Content-Type":"application/json"}},"body":{{"displayName":"a","displayName":"b"}}}}]}}"#
    );
    let answer = app.writer().post(BATCH, text).await.is(200).json();
    assert_eq!(
        answer["responses"][0]["body"]["error"]["message"],
        "'displayName' stands twice in one object"
    );
}

async fn a_body_that_is_no_json_stands_there_in_base64() {
    let app = TestApp::start(Engine::Sqlite).await;
    let responses = batch(&app.writer(), json!([get("1", "/$metadata"), get("2", "/livez")])).await;
    let text = of(&responses, "1")["body"].as_str().expect("a text");
    let metadata = STANDARD.decode(text).expect("base64, with its padding");
    assert_eq!(metadata, app.anonymous().get("/beta/$metadata").await.body);
    assert_eq!(of(&responses, "2")["body"], json!({ "status": "ok" }));
}

async fn headers_are_spelled_as_clients_look_for_them() {
    let app = TestApp::start(Engine::Sqlite).await;
    let responses = batch(&app.writer(), json!([create("1")])).await;
    let headers = of(&responses, "1")["headers"].as_object().expect("headers");
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
    let mut minimal = create("2");
    minimal["headers"]["Prefer"] = json!("return=minimal");
    let responses = batch(&app.writer(), json!([minimal])).await;
    let answer = of(&responses, "2");
    assert_eq!((&answer["status"], answer.get("body")), (&json!(204), None));
}

async fn hostile_filters_are_refused_inside_a_batch_too() {
    let app = TestApp::start(Engine::Sqlite).await;
    let filters = [
        "displayName eq ''; drop table pools; --'".to_owned(),
        format!("{}id eq 'x'{}", "(".repeat(500), ")".repeat(500)),
        format!("displayName eq '{}'", "x".repeat(15_000)),
    ];
    let requests: Vec<_> = filters
        .iter()
        .enumerate()
        .map(|(n, filter)| get(&n.to_string(), &format!("{RELATIVE}?$filter={filter}")))
        .collect();
    for answer in batch(&app.writer(), json!(requests)).await {
        let error = &answer["body"]["error"];
        assert_eq!(
            (&answer["status"], &error["target"]),
            (&json!(400), &json!("$filter")),
            "{answer}"
        );
    }
}

async fn parts_are_logged_and_named_each_by_itself() {
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
    let answer = actor.post(BATCH, json!({ "requests": [get("1", RELATIVE), create("2")] })).await;
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

async fn bodies_of_all_parts_together_are_held_to_the_cap() {
    let app = TestApp::with(Engine::Sqlite).set("limits.body_bytes", 10_000).start().await;
    let part = |n: usize| {
        let mut part = create(&n.to_string());
        part["body"]["displayName"] = json!("x".repeat(200));
        part
    };
    let parts: Vec<_> = (0..19).map(part).collect();
    app.writer()
        .post(BATCH, json!({ "requests": parts }))
        .await
        .is_refused(413, "RequestEntityTooLarge");
    assert_eq!(app.writer().get(&format!("{POOLS}/$count")).await.text(), "0");
}
