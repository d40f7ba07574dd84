//! Assignments of a pool, and the action that replaces them all.

use serde_json::{Value, json};

use crate::support::bodies::{group, new_pool, target};
use crate::support::{Engine, POOLS, TestApp, cases};

cases! {
    both: [
        an_assignment_is_created_read_changed_and_removed,
        assign_replaces_all_assignments,
        a_refused_set_leaves_the_old_one,
        entities_of_another_pool_are_not_found,
    ],
    once: [
        assign_returns_the_requested_page_and_stores_all,
        every_kind_of_target_is_accepted_in_every_spelling,
        a_target_must_be_complete,
    ],
}

async fn an_assignment_is_created_read_changed_and_removed(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    let path = format!("{}/assignments", new_pool(&writer).await);
    let created = writer.post(&path, json!({ "target": target("allDevices") })).await.is(201);
    let one = created.header("location").to_owned();
    let body = created.json();
    assert_eq!(body["target"]["@odata.type"], "#microsoft.graph.allDevicesAssignmentTarget");
    assert_eq!(body["target"]["deviceAndAppManagementAssignmentFilterType"], "none");
    assert_eq!(body["target"]["deviceAndAppManagementAssignmentFilterId"], Value::Null);
    let context = body["@odata.context"].as_str().expect("a context");
    assert!(context.ends_with("')/assignments/$entity"), "{context}");
    assert_eq!(writer.get(&one).await.is(200).json(), body);
    assert_eq!(writer.get(&path).await.is(200).json()["value"].as_array().map(Vec::len), Some(1));
    assert_eq!(writer.get(&format!("{path}/$count")).await.is(200).text(), "1");

    let twice = writer.post(&path, json!({ "target": target("allDevices") })).await;
    assert!(twice.is_refused(409, "Conflict").contains("this target"));
    let changed = writer.patch(&one, json!({ "target": group("g1") })).await.is(200).json();
    assert_eq!((&changed["id"], &changed["target"]["groupId"]), (&body["id"], &json!("g1")));
    writer.post(&path, json!({ "target": target("allDevices") })).await.is(201);
    writer.patch(&one, json!({ "target": target("allDevices") })).await.is_refused(409, "Conflict");
    // Python's whole object goes back and forth.
    let object = writer.get(&one).await.is(200).json();
    assert_eq!(writer.patch(&one, object.clone()).await.is(200).json(), object);

    writer.delete(&one).await.is(204);
    writer.get(&one).await.is_refused(404, "ResourceNotFound");
    writer.patch(&one, json!({})).await.is_refused(404, "ResourceNotFound");
    writer.delete(&one).await.is_refused(404, "ResourceNotFound");
}

async fn assign_replaces_all_assignments(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    let pool = new_pool(&writer).await;
    let assign = async |targets: Vec<Value>| {
        let list: Vec<_> = targets.into_iter().map(|target| json!({ "target": target })).collect();
        writer.post(&format!("{pool}/assign"), json!({ "assignments": list })).await.is(200).json()
    };
    let stored = async || {
        let list = writer.get(&format!("{pool}/assignments")).await.is(200).json();
        let mut ids: Vec<_> = list["value"].as_array().expect("a list").clone();
        ids.sort_by_key(|assignment| assignment["id"].to_string());
        ids
    };
    let first = assign(vec![group("a"), group("b"), target("allDevices")]).await;
    assert!(first["@odata.context"].as_str().expect("a context").ends_with(
        "$metadata#Collection(microsoft.graph.embeddedSIMActivationCodePoolAssignment)"
    ));
    assert_eq!(first["value"].as_array().map(Vec::len), Some(3));
    // The same audience twice: the first counts, whatever the filter.
    let mut filtered = group("b");
    filtered["deviceAndAppManagementAssignmentFilterId"] = "f".into();
    filtered["deviceAndAppManagementAssignmentFilterType"] = "exclude".into();
    let second = assign(vec![group("b"), filtered, target("allLicensedUsers")]).await;
    let mut answered = second["value"].as_array().expect("a list").clone();
    assert_eq!(answered.len(), 2);
    assert_eq!(answered[0]["id"], first["value"][1]["id"], "what stays keeps its id");
    answered.sort_by_key(|assignment| assignment["id"].to_string());
    assert_eq!(stored().await, answered, "what was answered is what is there");
    assert_eq!(assign(vec![]).await["value"], json!([]));
    assert_eq!(stored().await, Vec::<Value>::new());
    let nowhere = format!("{POOLS}/01a20a58-6f14-750e-8e15-99a562cfdee7/assign");
    writer.post(&nowhere, json!({ "assignments": [] })).await.is_refused(404, "ResourceNotFound");
}

async fn assign_returns_the_requested_page_and_stores_all() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    let pool = new_pool(&writer).await;
    let set: Vec<_> = ["a", "b", "c"].iter().map(|id| json!({ "target": group(id) })).collect();
    let body = json!({ "assignments": set });
    for (options, shown) in
        [("$top=2", 2), ("$skip=2&$top=2", 1), ("%24skip=0&%24top=100", 3), ("top=0", 0)]
    {
        let path = format!("{pool}/assign?{options}");
        let page = writer.post(&path, body.clone()).await.is(200).json();
        assert_eq!(page["value"].as_array().map(Vec::len), Some(shown), "{options}");
        assert_eq!(page.get("@odata.nextLink"), None, "{options}");
        assert_eq!(writer.get(&format!("{pool}/assignments/$count")).await.text(), "3");
    }
    for options in ["$top=-1", "$skip=x", "$filter=id%20ne%20null"] {
        let path = format!("{pool}/assign?{options}");
        writer.post(&path, json!({ "assignments": [] })).await.is_refused(400, "BadRequest");
        assert_eq!(writer.get(&format!("{pool}/assignments/$count")).await.text(), "3");
    }
}

async fn a_refused_set_leaves_the_old_one(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    let pool = new_pool(&writer).await;
    let assign = format!("{pool}/assign");
    writer.post(&assign, json!({ "assignments": [{ "target": group("a") }] })).await.is(200);
    for (body, at) in [
        (json!({}), "assignments"),
        (json!({ "assignments": null }), "assignments"),
        (json!({ "assignments": [{ "target": group("b") }, {}] }), "assignments[1].target"),
        (json!({ "assignments": [{ "target": group("") }] }), "assignments[0].target.groupId"),
        (json!({ "assignments": [], "more": 1 }), "more"),
    ] {
        let answer = writer.post(&assign, body).await;
        answer.is_refused(400, "BadRequest");
        assert_eq!(answer.json()["error"]["target"], at);
    }
    let list = writer.get(&format!("{pool}/assignments")).await.is(200).json();
    assert_eq!(list["value"][0]["target"]["groupId"], "a");
}

async fn entities_of_another_pool_are_not_found(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    let (one, other) = (new_pool(&writer).await, new_pool(&writer).await);
    let created =
        writer.post(&format!("{one}/assignments"), json!({ "target": group("a") })).await.is(201);
    let id = created.json()["id"].as_str().expect("an id").to_owned();
    writer.get(&format!("{other}/assignments/{id}")).await.is_refused(404, "ResourceNotFound");
    writer.delete(&format!("{other}/assignments/{id}")).await.is_refused(404, "ResourceNotFound");
    assert_eq!(writer.get(&format!("{other}/assignments/$count")).await.is(200).text(), "0");
    writer.get(&format!("{one}('x')/assignments")).await.is_refused(404, "ResourceNotFound");
    let both =
        format!("{}('{}')/assignments('{id}')", POOLS, one.rsplit('/').next().expect("an id"));
    writer.get(&both).await.is(200);
    let stranger =
        app.tenant("fabrikam").caller(esimpool::auth::Permission::ConfigurationReadWriteAll);
    for path in [
        format!("{one}/assignments"),
        format!("{one}/assignments/{id}"),
        format!("{one}/assignments/$count"),
    ] {
        stranger.get(&path).await.is_refused(404, "ResourceNotFound");
    }
    stranger
        .post(&format!("{one}/assignments"), json!({ "target": group("b") }))
        .await
        .is_refused(404, "ResourceNotFound");
    writer.delete(&one).await.is(204);
    writer.get(&format!("{one}/assignments/{id}")).await.is_refused(404, "ResourceNotFound");
}

async fn every_kind_of_target_is_accepted_in_every_spelling() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    let path = format!("{}/assignments", new_pool(&writer).await);
    for (kind, id) in [
        ("allDevices", None),
        ("allLicensedUsers", None),
        ("group", Some("groupId")),
        ("exclusionGroup", Some("groupId")),
        ("configurationManagerCollection", Some("collectionId")),
    ] {
        for (number, hash) in ["#", ""].into_iter().enumerate() {
            let name = format!("{hash}microsoft.graph.{kind}AssignmentTarget");
            let mut sent = json!({ "@odata.type": name });
            if let Some(id) = id {
                sent[id] = format!("id {number}").into();
                sent["deviceAndAppManagementAssignmentFilterId"] = "f".into();
                sent["deviceAndAppManagementAssignmentFilterType"] = "include".into();
            } else if number == 1 {
                continue;
            }
            let created =
                writer.post(&path, json!({ "id": null, "target": sent })).await.is(201).json();
            let target = &created["target"];
            assert_eq!(target["@odata.type"], format!("#microsoft.graph.{kind}AssignmentTarget"));
            if let Some(id) = id {
                assert_eq!(target[id], format!("id {number}"));
                assert_eq!(target["deviceAndAppManagementAssignmentFilterType"], "include");
            }
        }
    }
    let filter = "?$filter=target/groupId eq 'id 1'";
    assert_eq!(writer.get(&format!("{path}/$count{filter}")).await.is(200).text(), "2");
}

async fn a_target_must_be_complete() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    let path = format!("{}/assignments", new_pool(&writer).await);
    let with = |name: &str, value: Value| {
        let mut target = group("g");
        target[name] = value;
        target
    };
    for (target, at) in [
        (Value::Null, "target"),
        (json!("x"), "target"),
        (json!({}), "target.@odata.type"),
        (
            json!({ "@odata.type": "#microsoft.graph.deviceAndAppManagementAssignmentTarget" }),
            "target.@odata.type",
        ),
        (json!({ "@odata.type": "groupAssignmentTarget", "groupId": "g" }), "target.@odata.type"),
        (json!({ "@odata.type": "#microsoft.graph.groupAssignmentTarget" }), "target.groupId"),
        (
            json!({ "@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": null }),
            "target.groupId",
        ),
        (
            json!({ "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget", "groupId": "g" }),
            "target.groupId",
        ),
        (with("collectionId", json!("c")), "target.collectionId"),
        (with("groupId", json!("x".repeat(300))), "target.groupId"),
        (with("groupId", json!("a\u{0}")), "target.groupId"),
        (with("nonsense", json!(1)), "target.nonsense"),
        (
            with("deviceAndAppManagementAssignmentFilterType", json!("some")),
            "target.deviceAndAppManagementAssignmentFilterType",
        ),
        (
            with("deviceAndAppManagementAssignmentFilterType", json!("include")),
            "target.deviceAndAppManagementAssignmentFilterId",
        ),
        (
            with("deviceAndAppManagementAssignmentFilterId", json!("f")),
            "target.deviceAndAppManagementAssignmentFilterType",
        ),
    ] {
        let answer = writer.post(&path, json!({ "target": target })).await;
        let message = answer.is_refused(400, "BadRequest");
        assert_eq!(answer.json()["error"]["target"], at, "{target}: {message}");
    }
    assert_eq!(writer.get(&format!("{path}/$count")).await.is(200).text(), "0");
}
