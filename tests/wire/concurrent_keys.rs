//! One idempotency key, sent concurrently, to several servers, or to one that is killed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use esimpool::auth::Permission;
use reqwest::Method;
use serde_json::json;
use sqlx::{Connection, Executor};

use crate::support::bodies::{device_state, group};
use crate::support::idempotency::{pool_with_codes, send_with_key};
use crate::support::operator::Operator;
use crate::support::process::{Server, run};
use crate::support::{Actor, Answer, Database, Engine, POOLS, TestApp, cases, codes, measured};

cases! {
    both: [
        two_hundred_posts_at_once_make_one_pool_and_others_are_served_meanwhile,
        keys_of_a_server_that_is_killed_again_and_again_make_one_pool_each,
    ],
    postgres: [
        two_servers_execute_one_key_once,
        two_servers_give_one_answer_whatever_the_second_one_meets,
        requests_that_wait_for_a_key_hold_no_connection,
        a_request_that_was_refused_as_too_busy_may_be_retried_under_its_key,
    ],
}

async fn two_hundred_posts_at_once_make_one_pool_and_others_are_served_meanwhile(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    let body = pool_with_codes(100);
    let posts = (0..200).map(|_| send_with_key(&writer, POOLS, "one", &body));
    let other = app.tenant("fabrikam").caller(Permission::ConfigurationReadWriteAll);
    let others = (0..50).map(|_| async { other.post(POOLS, pool_with_codes(1)).await.is(201) });
    let (answers, _) =
        tokio::join!(futures_util::future::join_all(posts), futures_util::future::join_all(others));
    let first = answers[0].body.clone();
    for answer in &answers {
        assert_eq!((answer.status.as_u16(), &answer.body), (201, &first));
    }
    assert_eq!(writer.get(&format!("{POOLS}/$count")).await.text(), "1");
    assert_eq!(other.get(&format!("{POOLS}/$count")).await.text(), "50");
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

/// Another server of the same database.
async fn twin(app: &TestApp) -> TestApp {
    let folder = crate::support::app::new_folder();
    for name in ["encryption.key", "development-issuer.pkcs8"] {
        std::fs::copy(app.folder.path().join(name), folder.path().join(name)).expect("a copy");
    }
    let database = Database { engine: Engine::Postgres, url: app.database.url.clone() };
    TestApp::with(Engine::Postgres).start_on(folder, database).await.expect("a twin")
}

async fn two_servers_execute_one_key_once() {
    let app = TestApp::start(Engine::Postgres).await;
    let twin = twin(&app).await;
    let (one, two) = (app.writer(), twin.writer());
    for round in 0..20 {
        let key = format!("key-{round}");
        let body = pool_with_codes(round);
        let posts = [&one, &two].into_iter().cycle().take(8);
        let answers = futures_util::future::join_all(
            posts.map(|actor| send_with_key(actor, POOLS, &key, &body)),
        )
        .await;
        let first = answers[0].json()["id"].clone();
        for answer in answers {
            assert_eq!(answer.is(201).json()["id"], first);
        }
    }
    assert_eq!(one.get(&format!("{POOLS}/$count")).await.text(), "20");
}

/// Both have found that the key is new, and wait for the device state. The second one then finds that the
/// claim was released.
async fn two_servers_give_one_answer_whatever_the_second_one_meets() {
    let app = TestApp::start(Engine::Postgres).await;
    let twin = twin(&app).await;
    let operator = Operator::of(&app);
    let pool = operator.pool(codes(1)).await;
    operator.claim(&pool, "device").await.is(201);
    let mut lock = sqlx::PgConnection::connect(&app.database.url).await.expect("a connection");
    lock.execute("begin; select * from device_states for update").await.expect("locks");
    let release = format!("{pool}/esimpool.release");
    let body = json!({ "deviceName": "device" });
    let (one, two) = (app.writer(), twin.writer());
    let unlock = async {
        while app.database.waiting_for_locks().await < 2 {
            tokio::task::yield_now().await;
        }
        drop(lock.close().await);
    };
    let (first, second, ()) = tokio::join!(
        send_with_key(&one, &release, "key", &body),
        send_with_key(&two, &release, "key", &body),
        unlock,
    );
    let (first, second) = (first.is(200).json(), second.is(200).json());
    assert_eq!(first["state"], "deleted");
    for property in ["id", "state", "modifiedDateTime", "@odata.etag"] {
        assert_eq!(first[property], second[property], "{property}");
    }
}

/// A lock on every pool that is there, as long as the connection lives.
async fn lock_pools(app: &TestApp) -> sqlx::PgConnection {
    let mut connection =
        sqlx::PgConnection::connect(&app.database.url).await.expect("a connection");
    connection.execute("begin").await.expect("a transaction");
    connection.execute("select * from pools for update").await.expect("locks");
    connection
}

async fn requests_that_wait_for_a_key_hold_no_connection() {
    let app = TestApp::with(Engine::Postgres)
        .set("database.max_connections", 2)
        .set("database.acquire_timeout", 60)
        .start()
        .await;
    let writer = app.writer();
    let created = writer.post(POOLS, pool_with_codes(1)).await.is(201);
    let states = format!("{}/deviceStates", created.header("location"));
    let came = async || {
        measured(&app, "tokens_verified_total").await
            + measured(&app, "tokens_recognised_total").await
    };
    let before = came().await;
    let lock = lock_pools(&app).await;
    let body = device_state();
    let posts = (0..100).map(|_| send_with_key(&writer, &states, "one", &body));
    let posts = futures_util::future::join_all(posts);
    let meanwhile = async {
        while app.database.waiting_for_locks().await == 0 || came().await < before + 100 {
            tokio::task::yield_now().await;
        }
        for _ in 0..20 {
            writer.post(POOLS, pool_with_codes(0)).await.is(201);
        }
        assert!(app.database.waiting_for_locks().await <= 1, "one of them is under way");
        drop(lock.close().await);
    };
    let (answers, ()) = tokio::join!(posts, meanwhile);
    for answer in &answers {
        assert_eq!((answer.status.as_u16(), &answer.body), (201, &answers[0].body));
    }
    assert_eq!(app.database.number("select count(*) from device_states").await, 1);
}

async fn a_request_that_was_refused_as_too_busy_may_be_retried_under_its_key() {
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
        send_with_key(actor, path, &key(path), body).await.is_refused(503, "ServiceUnavailable");
    }
    assert_eq!(app.database.number("select count(*) from idempotency_keys").await, 0);
    drop(lock.close().await);
    for (actor, path, body) in &posts {
        let made = send_with_key(actor, path, &key(path), body).await.is(201);
        assert_eq!(send_with_key(actor, path, &key(path), body).await.is(201).body, made.body);
    }
}
