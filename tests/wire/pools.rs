//! Creating, reading, changing and removing pools.

use serde_json::{Value, json};

use crate::support::{EXAMPLE, Engine, POOLS, TestApp, cases, code, codes};

cases! {
    both: [
        the_documented_request_is_stored_and_echoed,
        a_pool_is_the_same_after_a_restart,
        a_pool_may_have_no_codes,
        a_repeated_code_is_stored_once,
        a_patch_renames_and_appends_and_never_erases,
        a_patch_of_the_whole_object_changes_nothing_but_what_differs,
        a_patch_without_effect_changes_nothing,
        a_removed_pool_is_gone_at_once_with_its_codes,
        codes_are_never_orphaned_by_a_removal_during_an_append,
        concurrent_appends_both_count,
    ],
    once: [
        every_spelling_of_a_pools_path_leads_to_the_same_pool,
        answers_with_codes_must_not_be_cached,
    ],
}

async fn the_documented_request_is_stored_and_echoed(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    let created = writer.post(POOLS, EXAMPLE).await.is(201);
    let pool = created.json();
    assert_eq!(pool["displayName"], "Display Name value");
    assert_eq!(pool["activationCodeCount"], 1, "the number of codes, whatever the client says");
    let mut read = writer.get(created.header("location")).await.is(200).json();
    assert_eq!(read["activationCodes"], json!([]), "codes cannot be read back");
    read["activationCodes"] = pool["activationCodes"].clone();
    assert_eq!(read, pool);
}

async fn a_pool_is_the_same_after_a_restart(engine: Engine) {
    let app = TestApp::start(engine).await;
    let created = app.writer().post(POOLS, EXAMPLE).await.is(201).json();
    let path = format!("{POOLS}/{}", created["id"].as_str().expect("an id"));
    let before = app.writer().get(&path).await.is(200).json();
    let app = app.restart().await;
    let after = app.writer().get(&path).await.is(200).json();
    for property in
        ["id", "displayName", "createdDateTime", "modifiedDateTime", "activationCodeCount"]
    {
        assert_eq!(after[property], before[property]);
    }
}

async fn a_pool_may_have_no_codes(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    for body in
        [json!({ "displayName": "none" }), json!({ "displayName": "empty", "activationCodes": [] })]
    {
        let pool = writer.post(POOLS, body).await.is(201).json();
        assert_eq!(pool["activationCodeCount"], 0);
        assert_eq!(pool["activationCodes"], json!([]));
    }
}

async fn a_repeated_code_is_stored_once(engine: Engine) {
    let app = TestApp::start(engine).await;
    let mut list = codes(3);
    list.insert(1, list[0].clone());
    list.push(list[2].clone());
    let body = json!({ "displayName": "twice", "activationCodes": list });
    let pool = app.writer().post(POOLS, body).await.is(201).json();
    assert_eq!(pool["activationCodeCount"], 3);
    assert_eq!(
        pool["activationCodes"].as_array().map(Vec::len),
        Some(3),
        "the echo is what was stored"
    );
}

async fn a_patch_renames_and_appends_and_never_erases(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    let body = json!({ "displayName": "before", "activationCodes": codes(3) });
    let created = writer.post(POOLS, body).await.is(201).json();
    let path = format!("{POOLS}/{}", created["id"].as_str().expect("an id"));

    let renamed = writer.patch(&path, json!({ "displayName": "after" })).await.is(200).json();
    assert_eq!(renamed["displayName"], "after");
    assert_eq!(renamed["activationCodeCount"], 3);
    assert_eq!(renamed["createdDateTime"], created["createdDateTime"]);
    assert_ne!(renamed["modifiedDateTime"], created["modifiedDateTime"]);

    // Two that the pool has, and two that it has not.
    let appended =
        writer.patch(&path, json!({ "activationCodes": codes(5)[1..] })).await.is(200).json();
    assert_eq!(appended["activationCodeCount"], 5);
    assert_eq!(appended["activationCodes"], json!([]));
    let emptied =
        writer.patch(&path, json!({ "activationCodes": [], "activationCodeCount": 0 })).await;
    assert_eq!(emptied.is(200).json()["activationCodeCount"], 5);
    assert_eq!(stored_codes(&app).await, 5);
    let places =
        "select count(distinct position) from activation_codes where position between 0 and 4";
    assert_eq!(app.database.number(places).await, 5, "places are without gaps");
}

async fn a_patch_of_the_whole_object_changes_nothing_but_what_differs(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    let created = writer.post(POOLS, EXAMPLE).await.is(201);
    let mut object = writer.get(created.header("location")).await.is(200).json();
    // What Python's SDK makes of a pool that it has read: six fraction digits, expansions.
    object["displayName"] = "changed".into();
    object["createdDateTime"] = "2025-01-02T03:04:05.678901+00:00".into();
    object["assignments"] = json!([{ "id": "x", "target": { "deep": [1, 2, 3] } }]);
    object["assignments@odata.context"] = "…".into();
    let patched = writer.patch(created.header("location"), object.clone()).await.is(200).json();
    assert_eq!(patched["displayName"], "changed");
    assert_eq!(patched["activationCodeCount"], 1, "the codes survive");
    assert_eq!(patched["createdDateTime"], created.json()["createdDateTime"]);
}

async fn a_patch_without_effect_changes_nothing(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    let body = json!({ "displayName": "same", "activationCodes": codes(2) });
    let created = writer.post(POOLS, body).await.is(201);
    let before = writer.get(created.header("location")).await.is(200).json();
    for body in [json!({}), json!({ "activationCodes": codes(2) })] {
        let after = writer.patch(created.header("location"), body).await.is(200).json();
        assert_eq!(after, before);
    }
}

async fn a_removed_pool_is_gone_at_once_with_its_codes(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    let kept = writer.post(POOLS, EXAMPLE).await.is(201);
    let removed = writer
        .post(POOLS, json!({ "displayName": "x", "activationCodes": codes(9) }))
        .await
        .is(201);
    let path = removed.header("location");
    let answer = writer.delete(path).await.is(204);
    assert_eq!((answer.body.len(), answer.header("content-type")), (0, ""));
    writer.get(path).await.is_refused(404, "ResourceNotFound");
    writer.patch(path, json!({ "displayName": "y" })).await.is_refused(404, "ResourceNotFound");
    writer.delete(path).await.is_refused(404, "ResourceNotFound");
    writer.get(kept.header("location")).await.is(200);
    assert_eq!(stored_codes(&app).await, 1);
    assert_eq!(writer.get(POOLS).await.is(200).json()["value"].as_array().map(Vec::len), Some(1));
}

/// There is no foreign key: this is what holds its promise.
async fn codes_are_never_orphaned_by_a_removal_during_an_append(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    for round in 0..20 {
        let created = writer.post(POOLS, json!({ "displayName": "race" })).await.is(201);
        let path = created.header("location").to_owned();
        let appends = (0..4).map(|n| {
            let (writer, path) = (writer.clone(), path.clone());
            tokio::spawn(async move {
                let list: Vec<Value> = (0..50).map(|i| code(n * 1000 + i)).collect();
                writer.patch(&path, json!({ "activationCodes": list })).await.status.as_u16()
            })
        });
        let appends: Vec<_> = appends.collect();
        let removal = writer.delete(&path);
        removal.await.is(204);
        for append in appends {
            let status = append.await.expect("an answer");
            assert!([200, 404].contains(&status), "round {round}: {status}");
        }
        assert_eq!(stored_codes(&app).await, 0, "round {round}");
    }
}

async fn concurrent_appends_both_count(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    let created = writer.post(POOLS, json!({ "displayName": "busy" })).await.is(201);
    let appends: Vec<_> = (0..8)
        .map(|n| {
            let (writer, path) = (writer.clone(), created.header("location").to_owned());
            // Each list shares half of its codes with the next.
            let list: Vec<Value> = (n * 10..n * 10 + 20).map(code).collect();
            tokio::spawn(async move {
                writer.patch(&path, json!({ "activationCodes": list })).await.is(200)
            })
        })
        .collect();
    for append in appends {
        append.await.expect("an answer");
    }
    let pool = writer.get(created.header("location")).await.is(200).json();
    assert_eq!(pool["activationCodeCount"], 90);
    assert_eq!(stored_codes(&app).await, 90);
}

async fn every_spelling_of_a_pools_path_leads_to_the_same_pool() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    let short = "/deviceManagement/embeddedSIMActivationCodePools";
    let created = writer.post(short, EXAMPLE).await.is(201);
    let id = created.json()["id"].as_str().expect("an id").to_owned();
    for path in [
        format!("{POOLS}/{id}"),
        format!("{POOLS}('{id}')"),
        format!("{POOLS}(%27{id}%27)"),
        format!("{POOLS}/{id}/"),
        format!("{short}/{id}"),
        format!("{short}('{id}')"),
        format!("{POOLS}/{}", id.to_uppercase()),
        format!("/beta/deviceManagement/embedded%53IMActivationCodePools/{id}"),
    ] {
        let pool = writer.get(&path).await.is(200).json();
        assert_eq!(pool["id"], *id, "{path}");
        // Links keep the prefix that the client used.
        let prefix = if path.starts_with("/beta") { "/beta/$metadata#" } else { "/$metadata#" };
        let context = pool["@odata.context"].as_str().expect("a context");
        assert!(
            context.contains(prefix) && (prefix.starts_with("/beta") || !context.contains("beta")),
            "{context}"
        );
    }
}

async fn answers_with_codes_must_not_be_cached() {
    let app = TestApp::start(Engine::Sqlite).await;
    let created = app.writer().post(POOLS, EXAMPLE).await.is(201);
    assert_eq!(created.header("cache-control"), "no-store");
    assert_eq!(created.header("odata-version"), "4.0");
    let read = app.writer().get(created.header("location")).await.is(200);
    assert_eq!(read.header("cache-control"), "no-cache");
    assert!(read.header("content-type").starts_with("application/json;odata.metadata=minimal"));
}

async fn stored_codes(app: &TestApp) -> i64 {
    app.database.number("select count(*) from activation_codes").await
}
