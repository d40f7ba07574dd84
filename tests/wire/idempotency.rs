//! `Idempotency-Key`: a repeated request is executed once and gets the same answer.

use esimpool::auth::Permission;
use esimpool::clock::Clock;
use esimpool::domain::Timestamp;
use reqwest::Method;
use serde_json::json;

use crate::support::bodies::{device_state, group};
use crate::support::idempotency::{pool_with_codes, send_with_key};
use crate::support::operator::Operator;
use crate::support::{Answer, Engine, POOLS, TestApp, cases, code, codes};

cases! {
    both: [
        every_repeated_post_is_executed_once_and_answered_alike,
        another_request_under_the_same_key_is_refused,
        a_key_is_forgotten_after_a_day,
        a_failed_request_may_be_retried_under_its_key,
    ],
    once: [
        a_key_is_visible_ascii_and_sent_once,
        a_part_of_a_batch_has_a_key_of_its_own,
    ],
}

async fn every_repeated_post_is_executed_once_and_answered_alike(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let writer = &operator.writer;
    let created = send_with_key(writer, POOLS, "pool", &pool_with_codes(3)).await.is(201);
    let pool = format!("{POOLS}/{}", created.json()["id"].as_str().expect("an id"));
    let claim = format!("{pool}/esimpool.claim");
    let device = json!({ "deviceName": "phone", "userName": "ann" });
    let assign = json!({ "assignments": [{ "target": group("a") }, { "target": group("b") }] });
    let claimed = send_with_key(&operator.claimer, &claim, "claim", &device).await.is(201);
    let state = claimed.json()["deviceState"]["id"].clone();
    let iccid = claimed.json()["activationCode"]["integratedCircuitCardIdentifier"].clone();
    let requests = [
        (writer, POOLS.to_owned(), "pool", pool_with_codes(3)),
        (writer, format!("{pool}/assignments"), "assignment", json!({ "target": group("z") })),
        (writer, format!("{pool}/assign"), "assign", assign),
        (writer, format!("{pool}/deviceStates"), "state", device_state()),
        (&operator.claimer, claim.clone(), "claim", device.clone()),
        (&operator.claimer, claim, "claim-again", device),
        (writer, format!("{pool}/esimpool.release"), "release", json!({ "deviceStateId": state })),
        (
            writer,
            format!("{pool}/esimpool.reinstate"),
            "reinstate",
            json!({ "integratedCircuitCardIdentifier": iccid }),
        ),
    ];
    let mut first = Vec::new();
    for (actor, path, key, body) in &requests {
        first.push(send_with_key(actor, path, key, body).await);
    }
    assert_eq!(first[0].body, created.body);
    assert_eq!(first[4].body, claimed.body);
    // Afterwards things change, and the server starts anew.
    writer
        .patch(&pool, json!({ "displayName": "changed", "activationCodes": codes(5) }))
        .await
        .is(200);
    let app = app.restart().await;
    let operator = Operator::of(&app);
    for ((_, path, key, body), first) in requests.iter().zip(&first) {
        let actor = if path.ends_with("claim") { &operator.claimer } else { &operator.writer };
        let again = send_with_key(actor, path, key, body).await;
        assert_eq!(again.status, first.status, "{key}: {}", again.text());
        assert!(first.status.is_success(), "{key}: {}", first.text());
        let other_port = String::from_utf8_lossy(&first.body).into_owned();
        let port = |text: &str| {
            let host = text.split("http://127.0.0.1:").nth(1).unwrap_or_default();
            host.split('/').next().unwrap_or_default().to_owned()
        };
        let expected = other_port.replace(&port(&other_port), &app.addr.port().to_string());
        assert_eq!(again.text(), expected, "{key}");
        assert_eq!(again.header("etag"), first.header("etag"), "{key}");
    }
    let count = operator.writer.get(&format!("{POOLS}/$count")).await.is(200).text();
    assert_eq!(count, "1");
    let states = operator.writer.get(&format!("{pool}/deviceStates/$count")).await.is(200).text();
    assert_eq!(states, "2", "the claimed one and the example");
}

async fn another_request_under_the_same_key_is_refused(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    let created = send_with_key(&writer, POOLS, "k", &pool_with_codes(1)).await.is(201);
    let pool = created.header("location").to_owned();
    let other_body = send_with_key(&writer, POOLS, "k", &pool_with_codes(2)).await;
    other_body.is_refused(409, "IdempotencyKeyReused");
    let assign = json!({ "assignments": [] });
    send_with_key(&writer, &format!("{pool}/assign"), "k", &assign)
        .await
        .is_refused(409, "IdempotencyKeyReused");
    // Another caller's key is another key; so is another tenant's.
    let user = app.tenant("contoso").user(Permission::ConfigurationReadWriteAll);
    send_with_key(&user, POOLS, "k", &pool_with_codes(2)).await.is(201);
    let tenant = app.tenant("fabrikam").caller(Permission::ConfigurationReadWriteAll);
    send_with_key(&tenant, POOLS, "k", &pool_with_codes(2)).await.is(201);
    // The same path in another spelling is the same request.
    let parentheses = POOLS.strip_prefix("/beta").expect("beta");
    assert_eq!(
        send_with_key(&writer, parentheses, "k", &pool_with_codes(1)).await.is(201).json()["id"],
        created.json()["id"]
    );
    assert_eq!(writer.get(&format!("{POOLS}/$count")).await.text(), "2");
}

async fn a_key_is_forgotten_after_a_day(engine: Engine) {
    let at = |hours: i64| {
        let micros = 1_800_000_000_000_000 + hours * 3_600_000_000;
        Clock::stopped(Timestamp::from_micros(micros))
    };
    let app = TestApp::with(engine).at(at(0)).start().await;
    let first = send_with_key(&app.writer(), POOLS, "k", &pool_with_codes(1)).await.is(201).json();
    let (folder, database) = app.stop().await;
    let later = TestApp::with(engine).at(at(23)).start_on(folder, database).await.expect("started");
    assert_eq!(
        send_with_key(&later.writer(), POOLS, "k", &pool_with_codes(1)).await.is(201).json()["id"],
        first["id"]
    );
    let (folder, database) = later.stop().await;
    let later = TestApp::with(engine).at(at(25)).start_on(folder, database).await.expect("started");
    let again =
        send_with_key(&later.writer(), POOLS, "k", &pool_with_codes(2)).await.is(201).json();
    assert_ne!(again["id"], first["id"]);
}

async fn a_failed_request_may_be_retried_under_its_key(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let pool = operator.pool(vec![]).await;
    let claim = format!("{pool}/esimpool.claim");
    let device = json!({ "deviceName": "phone" });
    send_with_key(&operator.claimer, &claim, "k", &device)
        .await
        .is_refused(409, "NoFreeActivationCode");
    operator.writer.patch(&pool, json!({ "activationCodes": [code(1)] })).await.is(200);
    let given = send_with_key(&operator.claimer, &claim, "k", &device).await.is(201);
    assert_eq!(
        send_with_key(&operator.claimer, &claim, "k", &device).await.is(201).body,
        given.body
    );
    let bad = json!({ "displayName": 7 });
    send_with_key(&operator.writer, POOLS, "b", &bad).await.is_refused(400, "BadRequest");
    send_with_key(&operator.writer, POOLS, "b", &pool_with_codes(0)).await.is(201);
    // The secret of a claim is in no row: with its pool the answer is gone.
    operator.writer.delete(&pool).await.is(204);
    send_with_key(&operator.claimer, &claim, "k", &device)
        .await
        .is_refused(404, "ResourceNotFound");
}

async fn a_key_is_visible_ascii_and_sent_once() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    for key in ["", "a b", "é", &"x".repeat(256)] {
        let message = send_with_key(&writer, POOLS, key, &pool_with_codes(0))
            .await
            .is_refused(400, "BadRequest");
        assert!(message.contains("Idempotency-Key"), "{message}");
    }
    let twice = writer
        .request(Method::POST, POOLS)
        .header("idempotency-key", "a")
        .header("idempotency-key", "b");
    Answer::of(twice.json(&pool_with_codes(0))).await.is_refused(400, "BadRequest");
    assert_eq!(writer.get(&format!("{POOLS}/$count")).await.text(), "0");
    send_with_key(&writer, POOLS, &"x".repeat(255), &pool_with_codes(0)).await.is(201);
}

async fn a_part_of_a_batch_has_a_key_of_its_own() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    let part = |id: &str| {
        json!({
            "id": id,
            "method": "POST",
            "url": "/deviceManagement/embeddedSIMActivationCodePools",
            "headers": { "Content-Type": "application/json", "Idempotency-Key": "k" },
            "body": { "displayName": "once" },
        })
    };
    let batch = json!({ "requests": [part("1"), part("2")] });
    let answer = writer.post("/beta/$batch", batch).await.is(200).json();
    let responses = answer["responses"].as_array().expect("a list");
    assert_eq!(responses[0]["body"], responses[1]["body"]);
    assert_eq!(writer.get(&format!("{POOLS}/$count")).await.text(), "1");
}
