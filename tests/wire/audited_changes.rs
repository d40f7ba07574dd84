//! Every change is audited, and a change that cannot be is not made.

use esimpool::http::{AccessKind, operations};
use serde_json::{Value, json};

use crate::support::audit::{activity_types, audit_entries};
use crate::support::bodies::{device_state, group};
use crate::support::database::execute;
use crate::support::operator::{Operator, device_state_path};
use crate::support::{AUDIT_EVENTS, Answer, Engine, POOLS, TestApp, cases, codes, iccid};

cases! {
    both: [
        every_change_adds_an_entry_and_nothing_else_does,
        a_change_that_cannot_be_audited_does_not_happen,
    ],
}

async fn every_change_adds_an_entry_and_nothing_else_does(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let writer = &operator.writer;
    let pool = operator.pool(codes(3)).await;
    writer
        .patch(&pool, json!({ "displayName": "Autumn", "activationCodes": codes(4) }))
        .await
        .is(200);
    let assignments = format!("{pool}/assignments");
    let assignment = writer.post(&assignments, json!({ "target": group("a") })).await.is(201);
    let assignment = assignment.header("location").to_owned();
    writer.patch(&assignment, json!({ "target": group("b") })).await.is(200);
    writer.delete(&assignment).await.is(204);
    writer
        .post(&format!("{pool}/assign"), json!({ "assignments": [{ "target": group("c") }] }))
        .await
        .is(200);
    let state = writer.post(&format!("{pool}/deviceStates"), device_state()).await.is(201);
    let state = state.header("location").to_owned();
    writer.patch(&state, json!({ "state": "deleting" })).await.is(200);
    writer.delete(&state).await.is(204);
    operator.claim(&pool, "phone").await.is(201);
    operator.claim(&pool, "phone").await.is(200);
    let name = json!({ "integratedCircuitCardIdentifier": iccid(0) });
    writer.post(&format!("{pool}/esimpool.release"), name.clone()).await.is(200);
    writer.post(&format!("{pool}/esimpool.reinstate"), name.clone()).await.is(200);
    writer
        .patch(&format!("{pool}/esimpool.stock"), json!({ "lowStockThreshold": 2 }))
        .await
        .is(204);
    // These change nothing.
    writer.get(&pool).await.is(200);
    writer.patch(&pool, json!({ "displayName": "Autumn" })).await.is(200);
    writer.patch(&pool, json!({ "activationCodes": codes(4) })).await.is(200);
    writer.patch(&pool, json!({ "displayName": 7 })).await.is(400);
    writer.post(&format!("{pool}/esimpool.reinstate"), name).await.is(409);
    writer
        .patch(&format!("{pool}/esimpool.stock"), json!({ "lowStockThreshold": 2 }))
        .await
        .is(204);
    operator.claimer.delete(&pool).await.is(403);
    writer.delete(&pool).await.is(204);
    writer.delete(&pool).await.is(404);

    let log = audit_entries(&app, "").await;
    assert_eq!(
        activity_types(&log),
        [
            "createPool",
            "updatePool",
            "createAssignment",
            "updateAssignment",
            "deleteAssignment",
            "assign",
            "createDeviceState",
            "updateDeviceState",
            "deleteDeviceState",
            "claim",
            "claimAgain",
            "release",
            "reinstate",
            "setLowStockThreshold",
            "deletePool",
        ]
    );
    let changes = &log[1]["resources"][0]["modifiedProperties"];
    assert_eq!(
        changes,
        &json!([
            { "displayName": "displayName", "oldValue": "Spring", "newValue": "Autumn" },
            { "displayName": "activationCodeCount", "oldValue": "3", "newValue": "4" },
        ])
    );
    // The name of a code is its ICCID, which is no secret.
    assert_eq!(log[9]["resources"][1]["displayName"], iccid(0));
    for entry in &log {
        let pool_id = pool.rsplit('/').next().expect("an id");
        assert_eq!(entry["resources"][0]["resourceId"], pool_id, "{entry}");
        let id = entry["id"].as_str().expect("an id");
        assert_eq!(writer.get(&format!("{AUDIT_EVENTS}/{id}")).await.is(200).json()["id"], id);
        assert_eq!(writer.get(&format!("{AUDIT_EVENTS}('{id}')")).await.is(200).json()["id"], id);
    }
    assert_eq!(writer.get(&format!("{AUDIT_EVENTS}/$count")).await.is(200).text(), "15");
    writer.get(&format!("{AUDIT_EVENTS}/none")).await.is_refused(404, "ResourceNotFound");
}

/// A request of an operation, by its name in the table.
struct Asked {
    operation: &'static str,
    path: String,
    body: Option<&'static str>,
    json: Value,
}

/// One of each operation that changes something or shows a secret, each of which would succeed.
async fn one_of_each(operator: &Operator) -> Vec<Asked> {
    let writer = &operator.writer;
    let pool = operator.pool(codes(5)).await;
    let target = |id: &str| json!({ "target": group(id) });
    let made = async |kind: &str, body: Value| {
        let made = writer.post(&format!("{pool}/{kind}"), body).await.is(201);
        made.header("location").to_owned()
    };
    let assignment = made("assignments", target("a")).await;
    let state = made("deviceStates", device_state()).await;
    let claimed = operator.claim(&pool, "phone").await.is(201);
    operator.claim(&pool, "tablet").await.is(201);
    let name = |number: usize| json!({ "integratedCircuitCardIdentifier": iccid(number) });
    writer.post(&format!("{pool}/esimpool.release"), name(1)).await.is(200);
    let below = |rest: &str| format!("{pool}/{rest}");
    let removed = |number: usize| {
        format!("esimpool.codes?$filter=integratedCircuitCardIdentifier eq '{}'", iccid(number))
    };
    let shown = device_state_path(&pool, &claimed);
    let json = |operation, path, json| Asked { operation, path, body: None, json };
    let file =
        |operation, path, file| Asked { operation, path, body: Some(file), json: Value::Null };
    let none = |operation, path| Asked { operation, path, body: Some(""), json: Value::Null };
    vec![
        json("Create pool", POOLS.to_owned(), json!({ "displayName": "x" })),
        json("Update pool", pool.clone(), json!({ "activationCodes": codes(6) })),
        json("Create assignment", below("assignments"), target("b")),
        json("Update assignment", assignment.clone(), target("d")),
        none("Delete assignment", assignment),
        json("Assign", below("assign"), json!({ "assignments": [target("c")] })),
        json("Create device state", below("deviceStates"), device_state()),
        json("Update device state", shown.clone(), json!({ "stateDetails": "x" })),
        none("Delete device state", state),
        file(
            "Import codes into a new pool",
            format!("{POOLS}/esimpool.import?displayName=x"),
            "smdp.example.com\n8944500102198304826,FRESH-1\n",
        ),
        file(
            "Import codes into a pool",
            below("esimpool.import"),
            "smdp.example.com\n8944500102198304834,FRESH-2\n",
        ),
        json("Claim activation code", below("esimpool.claim"), json!({ "deviceName": "watch" })),
        none("Get QR code", format!("{shown}/esimpool.qr")),
        none("Get Windows settings", format!("{shown}/esimpool.windows")),
        none("Get sheet of QR codes", below("esimpool.sheet")),
        json("Release activation code", below("esimpool.release"), name(0)),
        json("Reinstate activation code", below("esimpool.reinstate"), name(1)),
        json("Set low-stock threshold", below("esimpool.stock"), json!({ "lowStockThreshold": 2 })),
        none("Remove free codes", below(&removed(3))),
        none("Remove free codes of all pools", format!("{POOLS}/{}", removed(4))),
        // Last: it takes the others' ground away.
        none("Delete pool", pool),
    ]
}

async fn a_change_that_cannot_be_audited_does_not_happen(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let all = one_of_each(&operator).await;
    let table = operations();
    for operation in &table {
        let changes = operation.method.as_str() != "GET" || operation.access == AccessKind::Claim;
        // What needs no token changes nothing that is kept.
        let apart = operation.name == "Batch" || operation.access == AccessKind::Public;
        let here = all.iter().any(|asked| asked.operation == operation.name);
        assert_eq!(changes && !apart, here, "{}", operation.name);
    }
    let ask = async |asked: &Asked| {
        let operation = table.iter().find(|it| it.name == asked.operation).expect("in the table");
        let claims = operation.access == AccessKind::Claim;
        let actor = if claims { &operator.claimer } else { &operator.writer };
        let mut request =
            actor.request(operation.method.as_str().parse().expect("a verb"), &asked.path);
        if operation.method.as_str() == "POST" {
            request = request.header("idempotency-key", asked.operation.replace(' ', "-"));
        }
        Answer::of(match asked.body {
            None => request.json(&asked.json),
            Some("") => request,
            Some(file) => request.header("content-type", "text/csv").body(file),
        })
        .await
    };
    execute(&app.database, "alter table audit_events rename to hidden").await;
    let before = app.database.contents().await;
    assert!(before["hidden"].len() > 5 && before["handouts"].len() == 2, "{before:?}");
    for asked in &all {
        ask(asked).await.is_refused(500, "InternalError");
        let after = app.database.contents().await;
        assert_eq!(after, before, "{}", asked.operation);
    }
    execute(&app.database, "alter table hidden rename to audit_events").await;
    // The same requests under the same keys: a failure is not remembered.
    for asked in &all {
        let answer = ask(asked).await;
        assert!(answer.status.is_success(), "{}: {}", asked.operation, answer.text());
    }
}
