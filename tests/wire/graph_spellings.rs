//! What Graph takes in more than one spelling: names in paths, dates in filters, ids and members of
//! batches, annotations in bodies, and ids of groups.

use serde_json::{Value, json};

use crate::support::{AUDIT_EVENTS, EXAMPLE, Engine, POOLS, TestApp, cases};

cases! {
    both: [
        a_path_is_taken_in_any_letter_case,
        a_date_alone_is_its_midnight,
        a_group_in_another_letter_case_is_the_same_group,
    ],
    once: [
        an_action_may_be_qualified_and_an_entity_cast_to_its_own_type,
        every_route_below_a_version_is_known_in_capitals,
        links_lead_back_whatever_the_spelling,
        a_batch_may_have_numbers_and_members_in_any_case,
        actions_in_a_body_are_ignored,
        a_filter_of_zeros_and_type_none_is_no_filter,
    ],
}

async fn a_path_is_taken_in_any_letter_case(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    let pools = "/Beta/devicemanagement/embeddedSimActivationCodePools";
    let pool = writer.post(pools, EXAMPLE).await.is(201).json();
    let id = pool["id"].as_str().expect("an id");
    for path in [
        format!("/beta/devicemanagement/embeddedSimActivationCodePools/{id}"),
        format!("/BETA/DEVICEMANAGEMENT/EMBEDDEDSIMACTIVATIONCODEPOOLS('{id}')"),
        format!("/deviceManagement/embeddedsimactivationcodepools/{}", id.to_uppercase()),
    ] {
        assert_eq!(writer.get(&path).await.is(200).json()["id"], id, "{path}");
    }
    for path in [
        format!("{pools}/$Count"),
        format!("{POOLS}/{id}/DeviceStates"),
        format!("{POOLS}/{id}/ASSIGNMENTS/$count"),
        format!("{POOLS}/{id}/esimPool.Stock"),
        AUDIT_EVENTS.to_uppercase(),
    ] {
        writer.get(&path).await.is(200);
    }
    writer.post(&format!("{POOLS}/{id}/Assign"), json!({ "assignments": [] })).await.is(200);
    let message = writer.get("/Beta/devicemanagement/Nothing").await.is_refused(400, "BadRequest");
    assert_eq!(message, "Resource not found for the segment 'Nothing'.");
}

/// A name that the list of spellings lacks would be found in one letter case only.
async fn every_route_below_a_version_is_known_in_capitals() {
    let app = TestApp::start(Engine::Sqlite).await;
    let below = |path: &str| path.starts_with("/beta") || path.starts_with("/v1.0");
    for operation in esimpool::http::operations().iter().filter(|it| below(it.path)) {
        let segments = operation.path.split('/').map(|segment| {
            if segment.starts_with('{') { "x".to_owned() } else { segment.to_uppercase() }
        });
        let path = segments.collect::<Vec<_>>().join("/");
        let asked = app.anonymous().request(reqwest::Method::OPTIONS, &path);
        let allowed = crate::support::Answer::of(asked).await.is(200);
        assert!(allowed.header("allow").contains(operation.method.as_str()), "{path}");
    }
}

async fn an_action_may_be_qualified_and_an_entity_cast_to_its_own_type() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    let pool = writer.post(POOLS, EXAMPLE).await.is(201).json();
    let path = format!("{POOLS}/{}", pool["id"].as_str().expect("an id"));
    for action in ["microsoft.graph.assign", "graph.assign", "Microsoft.Graph.Assign"] {
        writer.post(&format!("{path}/{action}"), json!({ "assignments": [] })).await.is(200);
    }
    for cast in [
        format!("{path}/microsoft.graph.embeddedSIMActivationCodePool"),
        format!("{POOLS}/graph.embeddedSIMActivationCodePool"),
        format!("{path}/deviceStates/microsoft.graph.embeddedSIMDeviceState/$count"),
        format!("{AUDIT_EVENTS}/microsoft.graph.auditEvent"),
    ] {
        writer.get(&cast).await.is(200);
    }
    for other in [
        format!("{path}/microsoft.graph.auditEvent"),
        format!("{path}/microsoft.graph.claim"),
        format!("{path}/assign.graph"),
    ] {
        writer.get(&other).await.is_refused(400, "BadRequest");
    }
}

async fn links_lead_back_whatever_the_spelling() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    for _ in 0..2 {
        writer.post(POOLS, EXAMPLE).await.is(201);
    }
    let lower = format!("{}?$top=1", POOLS.to_lowercase().replace("/beta", "/Beta"));
    let page = writer.get(&lower).await.is(200).json();
    let next = page["@odata.nextLink"].as_str().expect("a link");
    assert!(next.contains(POOLS), "{next}");
    assert_eq!(writer.get(next).await.is(200).json()["value"].as_array().map(Vec::len), Some(1));
}

async fn a_date_alone_is_its_midnight(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    let path = format!("{POOLS}/{}/deviceStates", {
        let pool = writer.post(POOLS, EXAMPLE).await.is(201).json();
        pool["id"].as_str().expect("an id").to_owned()
    });
    for time in ["2024-01-01T00:00:00Z", "2023-12-31T23:59:59Z"] {
        writer.post(&path, json!({ "state": "installed", "lastSyncDateTime": time })).await.is(201);
    }
    for (filter, count) in [
        ("lastSyncDateTime ge 2024-01-01", "1"),
        ("lastSyncDateTime lt 2024-01-01", "1"),
        ("lastSyncDateTime eq 2024-01-01", "1"),
        ("2023-12-31 le lastSyncDateTime", "2"),
        ("lastSyncDateTime gt 2024-01-01", "0"),
    ] {
        let counted = writer.get(&format!("{path}/$count?$filter={filter}")).await.is(200).text();
        assert_eq!(counted, count, "{filter}");
    }
    for wrong in ["2024-1-1", "2024-02-30", "2024-01", "'2024-01-01'", "0000-01-01"] {
        let filter = format!("{path}?$filter=lastSyncDateTime ge {wrong}");
        writer.get(&filter).await.is_refused(400, "BadRequest");
    }
}

async fn a_batch_may_have_numbers_and_members_in_any_case() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    let url = "/deviceManagement/embeddedSIMActivationCodePools";
    let batch = json!({ "Requests": [
        { "id": 1, "method": "get", "url": url },
        {
            "Id": "2", "Method": "post", "Url": url, "DependsOn": [1],
            "Headers": { "Content-Type": "application/json" },
            "Body": { "displayName": "by batch" },
        },
        { "id": -3, "method": "Get", "url": url, "dependsOn": ["1", "2"] },
    ] });
    let answer = writer.post("/Beta/$Batch", batch).await.is(200).json();
    let statuses = |answer: &Value| -> Vec<(Value, Value)> {
        let parts = answer["responses"].as_array().expect("parts").iter();
        parts.map(|part| (part["id"].clone(), part["status"].clone())).collect()
    };
    let expected = [(json!(1), json!(200)), (json!("2"), json!(201)), (json!(-3), json!(200))];
    assert_eq!(statuses(&answer), expected);
    for wrong in [
        json!([{ "id": 1, "method": "GET", "url": url }, { "id": "1", "method": "GET", "url": url }]),
        json!([{ "id": 1.5, "method": "GET", "url": url }]),
        json!([{ "id": true, "method": "GET", "url": url }]),
        json!([{ "id": null, "method": "GET", "url": url }]),
        json!([{ "id": 1, "ID": 2, "method": "GET", "url": url }]),
    ] {
        let batch = json!({ "requests": wrong });
        writer.post("/beta/$batch", batch.clone()).await.is_refused(400, "BadRequest");
    }
    let inner =
        json!({ "requests": [{ "id": 1, "method": "post", "url": "/$BATCH", "body": {} }] });
    let answer = writer.post("/beta/$batch", inner).await.is(200).json();
    assert_eq!(statuses(&answer), [(json!(1), json!(400))], "no batch inside a batch");
}

async fn actions_in_a_body_are_ignored() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    let actions = json!({
        "displayName": "read elsewhere",
        "#microsoft.graph.assign": {},
        "#esimpool.claim": { "title": "Claim", "target": "https://example.com" },
    });
    let pool = writer.post(POOLS, actions.clone()).await.is(201).json();
    let path = format!("{POOLS}/{}", pool["id"].as_str().expect("an id"));
    writer.patch(&path, actions).await.is(200);
    let unknown = json!({ "displayName": "x", "microsoft.graph.assign": {} });
    writer.post(POOLS, unknown).await.is_refused(400, "BadRequest");
}

async fn a_filter_of_zeros_and_type_none_is_no_filter() {
    const ZEROS: &str = "00000000-0000-0000-0000-000000000000";
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    let pool = writer.post(POOLS, EXAMPLE).await.is(201).json();
    let assign = format!("{POOLS}/{}/assign", pool["id"].as_str().expect("an id"));
    let assignments = |id: &str, filter: Option<&str>| {
        let mut target = json!({
            "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget",
            "deviceAndAppManagementAssignmentFilterId": id,
        });
        if let Some(filter) = filter {
            target["deviceAndAppManagementAssignmentFilterType"] = json!(filter);
        }
        json!({ "assignments": [{ "target": target }] })
    };
    for filter in [Some("none"), None] {
        let set = writer.post(&assign, assignments(ZEROS, filter)).await.is(200).json();
        let target = &set["value"][0]["target"];
        assert_eq!(target["deviceAndAppManagementAssignmentFilterId"], Value::Null);
        assert_eq!(target["deviceAndAppManagementAssignmentFilterType"], "none");
    }
    let other = "11111111-0000-0000-0000-000000000000";
    writer.post(&assign, assignments(other, Some("none"))).await.is_refused(400, "BadRequest");
}

async fn a_group_in_another_letter_case_is_the_same_group(engine: Engine) {
    const GROUP: &str = "abcdefab-0000-4000-8000-00000000000a";
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    let pool = writer.post(POOLS, EXAMPLE).await.is(201).json();
    let path = format!("{POOLS}/{}", pool["id"].as_str().expect("an id"));
    let assignment = |id: &str| json!({ "target": { "@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": id } });
    let both = [assignment(GROUP), assignment(&GROUP.to_uppercase())];
    let set = writer.post(&format!("{path}/assign"), json!({ "assignments": both })).await;
    let set = set.is(200).json();
    assert_eq!(set["value"].as_array().map(Vec::len), Some(1), "{set}");
    let id = set["value"][0]["id"].clone();
    let again = json!({ "assignments": [assignment(&GROUP.to_uppercase())] });
    let again = writer.post(&format!("{path}/assign"), again).await.is(200).json();
    assert_eq!(again["value"][0]["id"], id, "what stays keeps its id");
    let filter = format!("{path}/assignments/$count?$filter=target/groupId eq '{GROUP}'");
    assert_eq!(writer.get(&filter).await.is(200).text(), "1");
}
