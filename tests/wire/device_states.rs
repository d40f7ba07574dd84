//! Device states of a pool.

use serde_json::{Value, json};

use crate::support::bodies::{device_state, new_pool};
use crate::support::{Engine, TestApp, cases};

cases! {
    both: [
        a_device_state_is_created_read_changed_and_removed,
        a_date_is_refused_that_in_utc_is_in_no_year_of_four_digits,
    ],
    once: [every_error_in_a_device_state_is_named],
}

async fn a_device_state_is_created_read_changed_and_removed(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    let path = format!("{}/deviceStates", new_pool(&writer).await);
    let created = writer.post(&path, device_state()).await.is(201);
    let one = created.header("location").to_owned();
    let body = created.json();
    assert_eq!(body["state"], "failed");
    assert_eq!(body["lastSyncDateTime"], "2017-01-01T08:02:49.3205970Z");
    assert_eq!(writer.get(&one).await.is(200).json(), body);
    let names: Vec<_> =
        body.as_object().expect("an object").keys().filter(|name| !name.contains('@')).collect();
    assert_eq!(names.len(), 9, "every property of the reference: {names:?}");

    let change = json!({ "state": "installed", "userName": null, "deviceName": "Größe" });
    let changed = writer.patch(&one, change).await.is(200).json();
    assert_eq!(
        (&changed["state"], &changed["userName"], &changed["deviceName"]),
        (&json!("installed"), &Value::Null, &json!("Größe"))
    );
    for property in ["id", "createdDateTime", "lastSyncDateTime", "stateDetails"] {
        assert_eq!(changed[property], body[property], "{property}");
    }
    assert_eq!(
        writer.patch(&one, changed.clone()).await.is(200).json(),
        changed,
        "the whole object"
    );
    writer.post(&path, json!({ "state": "notEvaluated" })).await.is(201);
    assert_eq!(writer.get(&format!("{path}/$count")).await.is(200).text(), "2");
    writer.delete(&one).await.is(204);
    writer.get(&one).await.is_refused(404, "ResourceNotFound");
    assert_eq!(writer.get(&path).await.is(200).json()["value"].as_array().map(Vec::len), Some(1));
}

async fn every_error_in_a_device_state_is_named() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    let path = format!("{}/deviceStates", new_pool(&writer).await);
    let with = |name: &str, value: Value| {
        let mut state = device_state();
        state[name] = value;
        state
    };
    for (body, at, what) in [
        (json!({}), "state", "is required"),
        (with("state", Value::Null), "state", "must be one of 'notEvaluated'"),
        (with("state", json!("Installed")), "state", "must be one of 'notEvaluated'"),
        (with("state", json!(3)), "state", "must be one of 'notEvaluated'"),
        (with("lastSyncDateTime", json!("soon")), "lastSyncDateTime", "must be a date and time"),
        (with("deviceName", json!(["x"])), "deviceName", "must be a string"),
        (with("userName", json!("a\u{0}")), "userName", "U+0000"),
        (with("stateDetails", json!("x".repeat(300))), "stateDetails", "at most 255"),
        (with("iccid", json!("x")), "iccid", "is not a property of embeddedSIMDeviceState"),
    ] {
        for answer in [writer.post(&path, body.clone()).await, writer.post(&path, body).await] {
            let message = answer.is_refused(400, "BadRequest");
            assert!(message.contains(what), "{message}");
            assert_eq!(answer.json()["error"]["target"], at, "{message}");
        }
    }
    assert_eq!(writer.get(&format!("{path}/$count")).await.is(200).text(), "0");
}

async fn a_date_is_refused_that_in_utc_is_in_no_year_of_four_digits(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    let path = format!("{}/deviceStates", new_pool(&writer).await);
    let state = |at: &str| json!({ "state": "installed", "lastSyncDateTime": at });
    for at in ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+08:00", "0000-06-01T00:00:00Z"] {
        let message = writer.post(&path, state(at)).await.is_refused(400, "BadRequest");
        assert!(message.contains("in a year from 1 to 9999"), "{message}");
        let filter = format!("{path}?$filter=lastSyncDateTime ge {}", at.replace('+', "%2B"));
        writer.get(&filter).await.is_refused(400, "BadRequest");
    }
    // The first and the last second that there is: a list is paged across them.
    for at in ["0001-01-01T08:00:00+08:00", "9999-12-31T11:59:59-12:00"] {
        writer.post(&path, state(at)).await.is(201);
    }
    let first =
        writer.get(&format!("{path}?$orderby=lastSyncDateTime&$top=1")).await.is(200).json();
    assert_eq!(first["value"][0]["lastSyncDateTime"], "0001-01-01T00:00:00.0000000Z");
    let next = first["@odata.nextLink"].as_str().expect("a link");
    let last = writer.get(next).await.is(200).json();
    assert_eq!(last["value"][0]["lastSyncDateTime"], "9999-12-31T23:59:59.0000000Z");
}
