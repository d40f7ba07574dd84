//! Every line of the table of errors in docs/errors.md, as it is met on the wire.

use std::collections::BTreeSet;

use esimpool::http::ERRORS;
use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::bodies::eid;
use crate::support::database::execute;
use crate::support::import::{IMPORT, carrier_file, send_csv};
use crate::support::operator::{Operator, device_state_path};
use crate::support::triggers::{Fault, fail};
use crate::support::{Answer, Engine, POOLS, TestApp, cases, code, codes, iccid};

cases! {
    both: [every_error_of_the_table_occurs_and_no_other],
}

async fn every_error_of_the_table_occurs_and_no_other(engine: Engine) {
    let app = TestApp::with(engine)
        .set("limits.body_bytes", 10_000)
        .set("limits.body_timeout", 1)
        .set("limits.batch_response_bytes", 10_000)
        .set("codes.validation", "strict")
        .start()
        .await;
    let (writer, anonymous) = (app.writer(), app.anonymous());
    let claimer = app.tenant("contoso").caller(esimpool::auth::Permission::ActivationCodeClaimAll);
    let pool = json!({ "displayName": "x", "activationCodes": codes(1) });
    writer.post(POOLS, pool.clone()).await.is(201);
    let xml = writer.request(Method::GET, POOLS).header("accept", "application/xml");
    let stale = writer.post(POOLS, json!({ "displayName": "y" })).await.is(201);
    let stale =
        writer.request(Method::DELETE, stale.header("location")).header("if-match", "W/\"7\"");
    let foreign = writer.request(Method::GET, POOLS).header("host", "evil.example.com");
    let many = writer.request(Method::GET, POOLS).header("x-long", "x".repeat(40_000));
    let csv = writer.request(Method::POST, POOLS).header("content-type", "text/csv").body("x");
    let mut answers = vec![
        anonymous.get("/nowhere").await,
        writer.post(POOLS, "not JSON").await,
        anonymous.get(POOLS).await,
        claimer.get(POOLS).await,
        Answer::of(foreign).await,
        writer.get(&format!("{POOLS}/x")).await,
        Answer::of(writer.request(Method::PUT, POOLS)).await,
        writer.post(POOLS, pool).await,
        writer.post(POOLS, " ".repeat(20_000)).await,
        Answer::of(csv).await,
        send_csv(&writer, IMPORT, "no codes").await,
        Answer::of(xml).await,
        Answer::of(stale).await,
        Answer::of(many).await,
    ];
    answers.extend(conflicts(&app).await);
    let paused = half_a_body(&app).await;
    assert!(paused.starts_with("HTTP/1.1 408") && paused.contains("RequestTimeout"), "{paused}");
    let nobody = TestApp::with(engine).set("identity.development.enabled", false).start().await;
    answers.push(nobody.anonymous().get("/readyz").await);
    let full = TestApp::with(engine).set("imports.spool_reserve_bytes", 1_u64 << 50).start().await;
    answers.push(send_csv(&full.writer(), IMPORT, carrier_file(0..1)).await);
    answers.extend(broken_commit(engine).await);
    execute(&app.database, "drop table activation_codes").await;
    answers.push(
        writer.post(POOLS, json!({ "displayName": "x", "activationCodes": [code(7)] })).await,
    );

    let failed = json!({ "id": "1", "method": "GET", "url": "/nowhere" });
    let after = json!({ "id": "2", "method": "GET", "url": "/livez", "dependsOn": ["1"] });
    let long = json!({ "id": "3", "method": "GET", "url": "/$metadata" });
    let requests = json!({ "requests": [failed, after, long] });
    let batch = writer.post("/beta/$batch", requests).await.is(200);
    let batch = batch.json();
    let part = |id: &str| {
        let parts = batch["responses"].as_array().expect("a list");
        let part = parts.iter().find(|part| part["id"] == id).expect("an answer");
        let code = part["body"]["error"]["code"].as_str().expect("a code").to_owned();
        (u16::try_from(part["status"].as_u64().expect("a status")).expect("small"), code)
    };

    let mut met: BTreeSet<(u16, String)> =
        [(408, "RequestTimeout".to_owned()), part("2"), part("3")].into();
    for answer in &answers {
        let code = answer.json()["error"]["code"].as_str().expect("a code").to_owned();
        let status = answer.status.as_u16();
        let message = answer.is_refused(status, &code);
        assert!(!message.contains("activation_codes") && !message.contains("sql"), "{message}");
        met.insert((status, code));
    }
    let mut table: BTreeSet<_> =
        ERRORS.iter().map(|kind| (kind.status, kind.code.to_owned())).collect();
    // The outcome of a change in SQLite's file is always known.
    if engine == Engine::Sqlite {
        table.remove(&(504, "OutcomeUnknown".to_owned()));
    }
    assert_eq!(met, table);
}

/// Requests that are good by themselves, and cannot be done as things are.
async fn conflicts(app: &TestApp) -> Vec<Answer> {
    let operator = Operator::of(app);
    let (pool, empty) = (operator.pool(vec![code(1), code(2)]).await, operator.pool(vec![]).await);
    let certain = |device: &str, number: usize| {
        let iccid = iccid(number);
        json!({ "deviceName": device, "integratedCircuitCardIdentifier": iccid })
    };
    operator.claim(&pool, "a").await.is(201);
    operator.claim(&pool, "b").await.is(201);
    let writer = &operator.writer;
    writer.delete(&pool).await.is(204);
    let again = operator.pool(vec![code(1), code(2)]).await;
    let keyed = async |body: serde_json::Value| {
        let request = writer.request(Method::POST, POOLS).header("idempotency-key", "k");
        Answer::of(request.json(&body)).await
    };
    keyed(json!({ "displayName": "one" })).await.is(201);
    let state =
        writer.post(&format!("{again}/deviceStates"), json!({ "state": "installed" })).await;
    let unclaimed = state.is(201).header("location").to_owned();
    // Not by the rules of the settings, which an import need not keep.
    let lenient = format!("{IMPORT}?mode=lenient");
    let torn = send_csv(writer, &lenient, "smdp.example.com\n1,a$b\n").await.is(201);
    let torn = torn.header("location");
    let claimed = operator.claim(torn, "a").await.is(201);
    let torn = device_state_path(torn, &claimed);
    let other = operator.pool(vec![code(3), code(4)]).await;
    operator.claim(&other, "a").await.is(201);
    let claim_other = format!("{other}/esimpool.claim");
    let bound = format!("ICCID,LPA,EID\n{},LPA:1$a.b$M,{}\n", iccid(9), eid(1));
    let bound = send_csv(writer, &lenient, bound).await.is(201);
    let claim_bound = format!("{}/esimpool.claim", bound.header("location"));
    let release = json!({ "integratedCircuitCardIdentifier": iccid(4) });
    let named = operator.pool(vec![code(10), code(11)]).await;
    for number in [20, 21] {
        operator.claim_as(&named, ["x", &eid(number), ""]).await.is(201);
    }
    vec![
        operator.claim(&named, "x").await,
        operator.claim_as(&named, ["y", &eid(20), ""]).await,
        operator.claim(&empty, "a").await,
        operator.claim(&again, "a").await,
        operator.claimer.post(&claim_other, certain("b", 3)).await,
        operator.claimer.post(&claim_bound, certain("b", 9)).await,
        operator.claimer.post(&claim_other, certain("a", 4)).await,
        writer.post(&format!("{other}/esimpool.release"), release.clone()).await,
        writer.post(&format!("{other}/esimpool.reinstate"), release).await,
        keyed(json!({ "displayName": "another" })).await,
        operator.claimer.get(&format!("{unclaimed}/esimpool.qr")).await,
        operator.claimer.get(&format!("{torn}/esimpool.qr")).await,
    ]
}

/// A change whose commit breaks, and so does each attempt to learn what became of it.
async fn broken_commit(engine: Engine) -> Option<Answer> {
    if engine == Engine::Sqlite {
        return None;
    }
    let app = TestApp::with(engine).set("database.acquire_timeout", 1).start().await;
    let at_commit = "constraint trigger t after insert on audit_events initially deferred";
    fail(&app.database, at_commit, "08006", Fault::Always).await;
    Some(app.writer().post(POOLS, json!({ "displayName": "x" })).await)
}

/// Announces a body, sends most of it, and waits for what comes.
async fn half_a_body(app: &TestApp) -> String {
    let request = format!(
        "POST {POOLS} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: 9000\r\n\r\n{}",
        app.writer_token(),
        " ".repeat(8_000)
    );
    let mut stream = tokio::net::TcpStream::connect(app.addr).await.expect("a connection");
    stream.write_all(request.as_bytes()).await.expect("it takes the request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer, and the end");
    answer
}
