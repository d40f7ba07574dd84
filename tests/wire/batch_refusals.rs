//! What is refused of a batch, or of a part.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::batch::{BATCH, RELATIVE, answer_to, create_part, get_part, send_batch};
use crate::support::process::{Server, token};
use crate::support::{Actor, Answer, Engine, POOLS, TestApp, cases};

cases! {
    once: [
        a_part_that_depends_on_a_failed_one_is_not_executed,
        an_invalid_batch_is_refused_and_changes_nothing,
        a_part_over_its_limits_refuses_the_batch_before_any_part_runs,
        only_known_verbs_are_logged,
        an_invalid_part_is_refused_by_itself,
        hostile_filters_are_refused_inside_a_batch_too,
        bodies_of_all_parts_count_towards_one_limit,
    ],
}

async fn a_part_that_depends_on_a_failed_one_is_not_executed() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    let mut after = create_part("after");
    after["dependsOn"] = json!(["failed"]);
    let mut later = create_part("later");
    later["dependsOn"] = json!(["after"]);
    let failed = get_part("failed", &format!("{RELATIVE}/none"));
    let responses = send_batch(&writer, json!([later, after, failed, create_part("alone")])).await;
    let statuses =
        ["failed", "after", "later", "alone"].map(|id| answer_to(&responses, id)["status"].clone());
    assert_eq!(statuses, [404, 424, 424, 201].map(Value::from));
    assert_eq!(answer_to(&responses, "later")["body"]["error"]["code"], "FailedDependency");
    assert_eq!(writer.get(&format!("{POOLS}/$count")).await.text(), "1");
}

async fn an_invalid_batch_is_refused_and_changes_nothing() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    let many: Vec<_> = (0..21).map(|n| create_part(&n.to_string())).collect();
    let mut circle = [create_part("a"), create_part("b")];
    circle[0]["dependsOn"] = json!(["b"]);
    circle[1]["dependsOn"] = json!(["a"]);
    let mut unknown = create_part("a");
    unknown["dependsOn"] = json!(["z"]);
    let mut oneself = create_part("a");
    oneself["dependsOn"] = json!(["a"]);
    for (body, reason) in [
        (json!({}), "'requests' is required"),
        (json!({ "requests": [] }), "'requests' has 0 requests; the limits are 1 and 20"),
        (json!({ "requests": many }), "'requests' has 21 requests; the limits are 1 and 20"),
        (
            json!({ "requests": [create_part("a"), create_part("A")] }),
            "'requests[1].id' occurs twice",
        ),
        (
            json!({ "requests": [create_part("a"), { "id": "b", "url": "/x" }] }),
            "'requests[1].method' is required",
        ),
        (
            json!({ "requests": [create_part("a"), { "id": "b", "method": "GET" }] }),
            "'requests[1].url' is required",
        ),
        (
            json!({ "requests": [create_part("a"), { "method": "GET", "url": "/x" }] }),
            "'requests[1].id' is required",
        ),
        (
            json!({ "requests": [create_part("a"), { "id": true, "method": "GET", "url": "/x" }] }),
            "'requests[1].id' must be a string or an integer",
        ),
        (
            json!({ "requests": [create_part("a"), { "id": "b", "verb": "GET" }] }),
            "'requests[1].verb' is not a property of a request of a batch",
        ),
        (json!({ "requests": circle }), "'requests[0].dependsOn' depends on the request itself"),
        (json!({ "requests": [oneself] }), "'requests[0].dependsOn' depends on the request itself"),
        (
            json!({ "requests": [unknown] }),
            "'requests[0].dependsOn' names a request that is not in the batch",
        ),
        (json!([create_part("a")]), "must be an object"),
    ] {
        let message = writer.post(BATCH, body).await.is_refused(400, "BadRequest");
        assert!(message.contains(reason), "{message} / {reason}");
    }
    writer.post(BATCH, "{").await.is_refused(400, "BadRequest");
    assert_eq!(writer.get(&format!("{POOLS}/$count")).await.text(), "0");
    Answer::of(writer.request(Method::GET, BATCH)).await.is_refused(405, "Request_BadRequest");
}

async fn a_part_over_its_limits_refuses_the_batch_before_any_part_runs() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    let headers = |count: usize, length: usize| {
        let value = Value::from("x".repeat(length));
        let named = (0..count).map(|number| (format!("x-{number}"), value.clone()));
        json!({ "headers": Value::Object(named.collect()) })
    };
    let dependencies = |count| json!({ "dependsOn": vec!["a"; count] });
    let text = |name: &str, length| json!({ name: "x".repeat(length) });
    let changed = |changes: &Value| {
        let mut part = get_part("b", RELATIVE);
        for (name, value) in changes.as_object().expect("properties") {
            part[name] = value.clone();
        }
        json!({ "requests": [create_part("a"), part] })
    };
    for (changes, reason) in [
        (headers(51, 1), "'requests[1].headers' has more than 50 headers"),
        // 15 MB.
        (headers(1_000_000, 1), "'requests[1].headers' has more than 50 headers"),
        (headers(10, 4_000), "'requests[1].headers' is longer than 32768 bytes together"),
        (headers(1, 40_000), "'requests[1].headers.x-0' is longer than 32768 characters"),
        (dependencies(21), "'requests[1].dependsOn' names more than 20 requests"),
        (dependencies(1_000_000), "'requests[1].dependsOn' names more than 20 requests"),
        (json!({ "depends_on": vec!["a"; 21] }), "'requests[1].depends_on' names more than 20"),
        (
            json!({ "dependsOn": ["x".repeat(257)] }),
            "'requests[1].dependsOn[0]' is longer than 256",
        ),
        (text("method", 21), "'requests[1].method' is longer than 20 characters"),
        (text("url", 32_769), "'requests[1].url' is longer than 32768 characters"),
        (text("id", 257), "'requests[1].id' is longer than 256 characters"),
    ] {
        let message = writer.post(BATCH, changed(&changes)).await.is_refused(400, "BadRequest");
        assert!(message.contains(reason), "{message} / {reason}");
    }
    assert_eq!(writer.get(&format!("{POOLS}/$count")).await.text(), "0");
    for changes in [
        headers(49, 600),
        dependencies(20),
        json!({ "url": format!("{RELATIVE}?$filter=id eq '{}'", "x".repeat(8_000)) }),
        text("id", 256),
    ] {
        let answer = writer.post(BATCH, changed(&changes)).await.is(200).json();
        let responses = answer["responses"].as_array().expect("a list");
        let statuses: Vec<_> = responses.iter().map(|it| it["status"].clone()).collect();
        assert!(statuses.contains(&json!(200)) && statuses.contains(&json!(201)), "{answer}");
    }
}

async fn only_known_verbs_are_logged() {
    let folder = crate::support::app::new_folder();
    let url = format!("sqlite://{}/x.db", folder.path().display());
    let server = Server::start(folder.path(), &url);
    let permission = "DeviceManagementConfiguration.ReadWrite.All";
    let token = token(folder.path(), permission);
    let writer = Actor::new(server.addr, Some(&token));
    let part = |id: &str, method: &str| json!({ "id": id, "method": method, "url": RELATIVE });
    let requests = json!([part("a", "GET"), part("b", "WRONG1"), part("c", "WRO NG2")]);
    let responses = send_batch(&writer, requests).await;
    let statuses = ["a", "b", "c"].map(|id| answer_to(&responses, id)["status"].clone());
    assert_eq!(statuses, [200, 405, 400].map(Value::from));
    let odd = Method::from_bytes(b"WRONG3").expect("a verb");
    Answer::of(writer.request(odd, POOLS)).await.is_refused(405, "Request_BadRequest");
    let log = server.end_and_read_log();
    assert!(log.contains(r#""method":"GET""#) && !log.contains("WRO"), "{log}");
    assert_eq!(log.matches(r#""method":"other""#).count(), 3, "{log}");
}

async fn an_invalid_part_is_refused_by_itself() {
    let app = TestApp::start(Engine::Sqlite).await;
    let mut twice = create_part("twice");
    twice["body"]["displayname"] = json!("typo");
    let mut header = create_part("header");
    header["headers"]["bad name"] = json!("x");
    let mut kind = create_part("kind");
    kind["headers"] = json!({});
    let verb = json!({ "id": "verb", "method": "G ET", "url": RELATIVE });
    let put = json!({ "id": "put", "method": "PUT", "url": RELATIVE });
    let requests = json!([create_part("good"), twice, header, kind, verb, put]);
    let responses = send_batch(&app.writer(), requests).await;
    for (id, status) in
        [("good", 201), ("twice", 400), ("header", 400), ("kind", 415), ("verb", 400), ("put", 405)]
    {
        assert_eq!(
            answer_to(&responses, id)["status"],
            status,
            "{id}: {}",
            answer_to(&responses, id)
        );
    }
    assert_eq!(answer_to(&responses, "put")["headers"]["Allow"], "GET, POST, HEAD, OPTIONS");
    // A duplicate key inside a part is found, although the batch was read before.
    let text = format!(
        r#"{{"requests":[{{"id":"1","method":"POST","url":"{RELATIVE}","headers":{{"Content-Type":"application/json"}},"body":{{"displayName":"a","displayName":"b"}}}}]}}"#
    );
    let answer = app.writer().post(BATCH, text).await.is(200).json();
    assert_eq!(
        answer["responses"][0]["body"]["error"]["message"],
        "'displayName' occurs twice in one object"
    );
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
        .map(|(n, filter)| get_part(&n.to_string(), &format!("{RELATIVE}?$filter={filter}")))
        .collect();
    for answer in send_batch(&app.writer(), json!(requests)).await {
        let error = &answer["body"]["error"];
        assert_eq!(
            (&answer["status"], &error["target"]),
            (&json!(400), &json!("$filter")),
            "{answer}"
        );
    }
}

async fn bodies_of_all_parts_count_towards_one_limit() {
    let app = TestApp::with(Engine::Sqlite).set("limits.body_bytes", 10_000).start().await;
    let part = |n: usize| {
        let mut part = create_part(&n.to_string());
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
