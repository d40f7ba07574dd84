//! `Idempotency-Key`: the same request again gives the same answer again, and happens once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use esimpool::auth::Permission;
use esimpool::clock::Clock;
use esimpool::domain::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{Connection, Executor};

use crate::support::bodies::{device_state, group};
use crate::support::operator::Operator;
use crate::support::process::{Server, run};
use crate::support::{
    Actor, Answer, Database, Engine, POOLS, TestApp, cases, code, codes, measured,
};

cases! {
    both: [
        every_post_gives_the_same_answer_again_and_happens_once,
        two_hundred_posts_at_once_make_one_pool_and_others_are_served_meanwhile,
        another_request_under_the_same_key_is_refused,
        a_key_is_forgotten_after_a_day,
        what_failed_may_be_tried_again_under_its_key,
        keys_of_a_server_that_is_killed_again_and_again_make_one_pool_each,
    ],
    postgres: [
        two_servers_take_one_key_once,
        those_who_wait_for_a_key_hold_no_connection,
        what_was_too_busy_may_be_tried_again_under_its_key,
    ],
    once: [a_key_is_visible_ascii_and_stands_once, a_part_of_a_batch_has_a_key_of_its_own],
}

async fn send(actor: &Actor, path: &str, key: &str, body: &Value) -> Answer {
    let request = actor.request(Method::POST, path).header("idempotency-key", key);
    Answer::of(request.json(body)).await
}

fn pool_of(count: usize) -> Value {
    json!({ "displayName": "once", "activationCodes": codes(count) })
}

async fn every_post_gives_the_same_answer_again_and_happens_once(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let writer = &operator.writer;
    let created = send(writer, POOLS, "pool", &pool_of(3)).await.is(201);
    let pool = format!("{POOLS}/{}", created.json()["id"].as_str().expect("an id"));
    let claim = format!("{pool}/esimpool.claim");
    let device = json!({ "deviceName": "phone", "userName": "ann" });
    let assign = json!({ "assignments": [{ "target": group("a") }, { "target": group("b") }] });
    let claimed = send(&operator.claimer, &claim, "claim", &device).await.is(201);
    let state = claimed.json()["deviceState"]["id"].clone();
    let iccid = claimed.json()["activationCode"]["integratedCircuitCardIdentifier"].clone();
    let requests = [
        (writer, POOLS.to_owned(), "pool", pool_of(3)),
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
        first.push(send(actor, path, key, body).await);
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
        let again = send(actor, path, key, body).await;
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

async fn two_hundred_posts_at_once_make_one_pool_and_others_are_served_meanwhile(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    let body = pool_of(100);
    let posts = (0..200).map(|_| send(&writer, POOLS, "one", &body));
    let other = app.tenant("fabrikam").caller(Permission::ConfigurationReadWriteAll);
    let others = (0..50).map(|_| async { other.post(POOLS, pool_of(1)).await.is(201) });
    let (answers, _) =
        tokio::join!(futures_util::future::join_all(posts), futures_util::future::join_all(others));
    let first = answers[0].body.clone();
    for answer in &answers {
        assert_eq!((answer.status.as_u16(), &answer.body), (201, &first));
    }
    assert_eq!(writer.get(&format!("{POOLS}/$count")).await.text(), "1");
    assert_eq!(other.get(&format!("{POOLS}/$count")).await.text(), "50");
}

async fn another_request_under_the_same_key_is_refused(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    let created = send(&writer, POOLS, "k", &pool_of(1)).await.is(201);
    let pool = created.header("location").to_owned();
    let other_body = send(&writer, POOLS, "k", &pool_of(2)).await;
    other_body.is_refused(409, "IdempotencyKeyReused");
    let assign = json!({ "assignments": [] });
    send(&writer, &format!("{pool}/assign"), "k", &assign)
        .await
        .is_refused(409, "IdempotencyKeyReused");
    // Another caller's key is another key; so is another tenant's.
    let user = app.tenant("contoso").user(Permission::ConfigurationReadWriteAll);
    send(&user, POOLS, "k", &pool_of(2)).await.is(201);
    let tenant = app.tenant("fabrikam").caller(Permission::ConfigurationReadWriteAll);
    send(&tenant, POOLS, "k", &pool_of(2)).await.is(201);
    // The same path in another spelling is the same request.
    let parentheses = POOLS.strip_prefix("/beta").expect("beta");
    assert_eq!(
        send(&writer, parentheses, "k", &pool_of(1)).await.is(201).json()["id"],
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
    let first = send(&app.writer(), POOLS, "k", &pool_of(1)).await.is(201).json();
    let (folder, database) = app.stop().await;
    let later = TestApp::with(engine).at(at(23)).start_on(folder, database).await.expect("started");
    assert_eq!(
        send(&later.writer(), POOLS, "k", &pool_of(1)).await.is(201).json()["id"],
        first["id"]
    );
    let (folder, database) = later.stop().await;
    let later = TestApp::with(engine).at(at(25)).start_on(folder, database).await.expect("started");
    let again = send(&later.writer(), POOLS, "k", &pool_of(2)).await.is(201).json();
    assert_ne!(again["id"], first["id"]);
}

async fn what_failed_may_be_tried_again_under_its_key(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let pool = operator.pool(vec![]).await;
    let claim = format!("{pool}/esimpool.claim");
    let device = json!({ "deviceName": "phone" });
    send(&operator.claimer, &claim, "k", &device).await.is_refused(409, "NoFreeActivationCode");
    operator.writer.patch(&pool, json!({ "activationCodes": [code(1)] })).await.is(200);
    let given = send(&operator.claimer, &claim, "k", &device).await.is(201);
    assert_eq!(send(&operator.claimer, &claim, "k", &device).await.is(201).body, given.body);
    let bad = json!({ "displayName": 7 });
    send(&operator.writer, POOLS, "b", &bad).await.is_refused(400, "BadRequest");
    send(&operator.writer, POOLS, "b", &pool_of(0)).await.is(201);
    // The secret of a claim is in no row: with its pool the answer is gone.
    operator.writer.delete(&pool).await.is(204);
    send(&operator.claimer, &claim, "k", &device).await.is_refused(404, "ResourceNotFound");
}

/// The answer is lost with the server; the client sends the request again until it has one.
async fn keys_of_a_server_that_is_killed_again_and_again_make_one_pool_each(engine: Engine) {
    const POOLS_WANTED: usize = 200;
    let folder = crate::support::app::new_folder();
    let database = Database::create(engine, folder.path()).await;
    let data_dir = folder.path().to_str().expect("a path").to_owned();
    let token = run(&["--data-dir", &data_dir, "token"], folder.path());
    let token = String::from_utf8(token.stdout).expect("text").trim().to_owned();
    let next = Arc::new(AtomicUsize::new(0));
    let mut pending: Vec<usize> = Vec::new();
    while next.load(Ordering::Relaxed) < POOLS_WANTED || !pending.is_empty() {
        let server = Server::start(folder.path(), &database.url);
        let stop_at = next.load(Ordering::Relaxed) + 60;
        let retries = Arc::new(std::sync::Mutex::new(std::mem::take(&mut pending)));
        let workers: Vec<_> = (0..8)
            .map(|_| {
                let (writer, next) = (Actor::new(server.addr, Some(&token)), next.clone());
                let retries = retries.clone();
                tokio::spawn(async move {
                    loop {
                        let retry = retries.lock().expect("a list").pop();
                        let number = retry.unwrap_or_else(|| next.fetch_add(1, Ordering::Relaxed));
                        if number >= POOLS_WANTED {
                            return None;
                        }
                        let body = json!({ "displayName": format!("pool {number}") });
                        let request = writer
                            .request(Method::POST, POOLS)
                            .header("idempotency-key", format!("key {number}").replace(' ', "-"));
                        match Answer::try_of(request.json(&body)).await {
                            Ok(answer) => drop(answer.is(201)),
                            Err(_) => return Some(number),
                        }
                    }
                })
            })
            .collect();
        while next.load(Ordering::Relaxed) < stop_at.min(POOLS_WANTED) {
            tokio::task::yield_now().await;
        }
        if next.load(Ordering::Relaxed) < POOLS_WANTED {
            server.kill();
        }
        for worker in workers {
            pending.extend(worker.await.expect("a worker"));
        }
        pending.extend(retries.lock().expect("a list").drain(..));
    }
    assert_eq!(database.number("select count(*) from pools").await, 200);
    assert_eq!(database.number("select count(distinct display_name) from pools").await, 200);
    assert_eq!(database.number("select count(*) from audit_events").await, 200);
}

async fn two_servers_take_one_key_once() {
    let app = TestApp::start(Engine::Postgres).await;
    let folder = crate::support::app::new_folder();
    for name in ["encryption.key", "development-issuer.pkcs8"] {
        std::fs::copy(app.folder.path().join(name), folder.path().join(name)).expect("a copy");
    }
    let database = Database { engine: Engine::Postgres, url: app.database.url.clone() };
    let twin = TestApp::with(Engine::Postgres).start_on(folder, database).await.expect("a twin");
    let (one, two) = (app.writer(), twin.writer());
    for round in 0..20 {
        let key = format!("key-{round}");
        let body = pool_of(round);
        let posts = [&one, &two].into_iter().cycle().take(8);
        let answers =
            futures_util::future::join_all(posts.map(|actor| send(actor, POOLS, &key, &body)))
                .await;
        let first = answers[0].json()["id"].clone();
        for answer in answers {
            assert_eq!(answer.is(201).json()["id"], first);
        }
    }
    assert_eq!(one.get(&format!("{POOLS}/$count")).await.text(), "20");
}

/// A lock on every pool that is there, as long as the connection lives.
async fn lock_pools(app: &TestApp) -> sqlx::PgConnection {
    let mut connection =
        sqlx::PgConnection::connect(&app.database.url).await.expect("a connection");
    connection.execute("begin").await.expect("a transaction");
    connection.execute("select * from pools for update").await.expect("locks");
    connection
}

async fn those_who_wait_for_a_key_hold_no_connection() {
    let app = TestApp::with(Engine::Postgres)
        .set("database.max_connections", 2)
        .set("database.acquire_timeout", 60)
        .start()
        .await;
    let writer = app.writer();
    let created = writer.post(POOLS, pool_of(1)).await.is(201);
    let states = format!("{}/deviceStates", created.header("location"));
    let came = async || {
        measured(&app, "tokens_verified_total").await
            + measured(&app, "tokens_recognised_total").await
    };
    let before = came().await;
    let lock = lock_pools(&app).await;
    let body = device_state();
    let posts = (0..100).map(|_| send(&writer, &states, "one", &body));
    let posts = futures_util::future::join_all(posts);
    let meanwhile = async {
        let waits = "select count(*) from pg_stat_activity
                     where wait_event_type = 'Lock' and datname = current_database()";
        while app.database.number(waits).await == 0 || came().await < before + 100 {
            tokio::task::yield_now().await;
        }
        for _ in 0..20 {
            writer.post(POOLS, pool_of(0)).await.is(201);
        }
        assert_eq!(app.database.number(waits).await, 1, "one of them is under way");
        drop(lock.close().await);
    };
    let (answers, ()) = tokio::join!(posts, meanwhile);
    for answer in &answers {
        assert_eq!((answer.status.as_u16(), &answer.body), (201, &answers[0].body));
    }
    assert_eq!(app.database.number("select count(*) from device_states").await, 1);
}

async fn what_was_too_busy_may_be_tried_again_under_its_key() {
    let app = TestApp::with(Engine::Postgres).set("database.acquire_timeout", 1).start().await;
    let operator = Operator::of(&app);
    let pool = operator.pool(codes(1)).await;
    let device = json!({ "deviceName": "phone" });
    let posts = [
        (&operator.writer, format!("{pool}/deviceStates"), device_state()),
        (&operator.writer, format!("{pool}/assignments"), json!({ "target": group("a") })),
        (&operator.claimer, format!("{pool}/esimpool.claim"), device),
    ];
    let lock = lock_pools(&app).await;
    let key = |path: &str| path.rsplit('/').next().expect("a name").to_owned();
    for (actor, path, body) in &posts {
        send(actor, path, &key(path), body).await.is_refused(503, "ServiceUnavailable");
    }
    assert_eq!(app.database.number("select count(*) from idempotency_keys").await, 0);
    drop(lock.close().await);
    for (actor, path, body) in &posts {
        let made = send(actor, path, &key(path), body).await.is(201);
        assert_eq!(send(actor, path, &key(path), body).await.is(201).body, made.body);
    }
}

async fn a_key_is_visible_ascii_and_stands_once() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    for key in ["", "a b", "é", &"x".repeat(256)] {
        let message = send(&writer, POOLS, key, &pool_of(0)).await.is_refused(400, "BadRequest");
        assert!(message.contains("Idempotency-Key"), "{message}");
    }
    let twice = writer
        .request(Method::POST, POOLS)
        .header("idempotency-key", "a")
        .header("idempotency-key", "b");
    Answer::of(twice.json(&pool_of(0))).await.is_refused(400, "BadRequest");
    assert_eq!(writer.get(&format!("{POOLS}/$count")).await.text(), "0");
    send(&writer, POOLS, &"x".repeat(255), &pool_of(0)).await.is(201);
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
