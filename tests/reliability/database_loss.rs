//! The service survives the loss of its database.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::database::administer;
use crate::support::proxy::Proxy;
use crate::support::{Database, Engine};
use crate::support::{EXAMPLE, POOLS, TestApp, cases};

cases! {
    postgres: [
        a_lost_database_is_a_503_until_it_returns,
        a_server_may_start_before_its_database,
        cut_connections_fail_one_request_at_most,
        a_lock_that_is_never_released_is_a_503,
        an_unresponsive_database_is_a_503_and_its_connections_are_dropped,
        an_in_flight_request_is_answered_while_the_service_stops,
    ],
}

async fn a_lost_database_is_a_503_until_it_returns() {
    let folder = crate::support::app::new_folder();
    let database = Database::create(Engine::Postgres, folder.path()).await;
    let proxy = Proxy::start(&database.url).await;
    let through = Database { engine: Engine::Postgres, url: proxy.url.clone() };
    let app = TestApp::with(Engine::Postgres)
        .set("database.acquire_timeout", 1)
        .start_on(folder, through)
        .await
        .expect("it starts");
    let writer = app.writer();
    let created = writer.post(POOLS, EXAMPLE).await.is(201);
    app.anonymous().get("/readyz").await.is(200);

    proxy.close();
    // A connection may break after the change was sent over it: whether it was stored, nobody can tell
    // before the database is back.
    let on_its_way = writer.post(POOLS, EXAMPLE).await;
    assert!(matches!(on_its_way.status.as_u16(), 503 | 504), "{on_its_way:?}");
    for answer in [
        writer.post(POOLS, EXAMPLE).await,
        writer.get(created.header("location")).await,
        app.anonymous().get("/readyz").await,
    ] {
        let message = answer.is_refused(503, "ServiceUnavailable");
        assert!(!message.contains("postgres") && !message.contains("127.0.0.1"), "{message}");
        assert!(answer.header("retry-after").parse::<u32>().is_ok(), "whole seconds");
    }
    app.anonymous().get("/livez").await.is(200);

    proxy.open();
    let back = Instant::now();
    while writer.get(created.header("location")).await.status.as_u16() != 200 {
        assert!(back.elapsed() < Duration::from_mins(1), "it never notices");
    }
    writer.post(POOLS, EXAMPLE).await.is(201);
    app.anonymous().get("/readyz").await.is(200);
    assert_eq!(database.number("select count(*) from pools").await, 2);
}

async fn a_server_may_start_before_its_database() {
    let folder = crate::support::app::new_folder();
    let database = Database::create(Engine::Postgres, folder.path()).await;
    let proxy = Proxy::start(&database.url).await;
    proxy.close();
    let through = Database { engine: Engine::Postgres, url: proxy.url.clone() };
    let app = TestApp::with(Engine::Postgres)
        .set("database.acquire_timeout", 1)
        .start_on(folder, through)
        .await
        .expect("it starts");
    app.anonymous().get("/livez").await.is(200);
    app.anonymous().get("/readyz").await.is_refused(503, "ServiceUnavailable");
    app.writer().post(POOLS, EXAMPLE).await.is_refused(503, "ServiceUnavailable");
    proxy.open();
    let back = Instant::now();
    while app.writer().post(POOLS, EXAMPLE).await.status.as_u16() != 201 {
        assert!(back.elapsed() < Duration::from_mins(1), "it never notices");
    }
    app.anonymous().get("/readyz").await.is(200);
}

async fn cut_connections_fail_one_request_at_most() {
    let app = TestApp::start(Engine::Postgres).await;
    let writer = app.writer();
    for round in 0..10 {
        writer.post(POOLS, json!({ "displayName": format!("before {round}") })).await.is(201);
        let name = app.database.url.rsplit('/').next().expect("a name").to_owned();
        administer(&format!(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'"
        ))
        .await;
        let first = writer.post(POOLS, json!({ "displayName": format!("after {round}") })).await;
        assert!([201, 503].contains(&first.status.as_u16()), "{}", first.text());
        writer.post(POOLS, json!({ "displayName": format!("again {round}") })).await.is(201);
    }
}

async fn a_lock_that_is_never_released_is_a_503() {
    use sqlx::{Connection, Executor};

    let app = TestApp::with(Engine::Postgres).set("database.acquire_timeout", 1).start().await;
    let writer = app.writer();
    let created = writer.post(POOLS, EXAMPLE).await.is(201);
    let mut connection =
        sqlx::PgConnection::connect(&app.database.url).await.expect("a connection");
    let mut other = connection.begin().await.expect("a transaction");
    other.execute("select * from pools for update").await.expect("locks");
    let answer = writer.patch(created.header("location"), json!({ "displayName": "x" })).await;
    answer.is_refused(503, "ServiceUnavailable");
    writer.get(created.header("location")).await.is(200);
    other.rollback().await.expect("it ends");
    writer.patch(created.header("location"), json!({ "displayName": "x" })).await.is(200);
}

async fn an_unresponsive_database_is_a_503_and_its_connections_are_dropped() {
    let folder = crate::support::app::new_folder();
    let database = Database::create(Engine::Postgres, folder.path()).await;
    let proxy = Proxy::start(&database.url).await;
    let through = Database { engine: Engine::Postgres, url: proxy.url.clone() };
    let app = TestApp::with(Engine::Postgres)
        .set("database.acquire_timeout", 1)
        .set("database.statement_timeout", 1)
        .set("database.max_connections", 2)
        .start_on(folder, through)
        .await
        .expect("it starts");
    let writer = app.writer();
    let created = writer.post(POOLS, EXAMPLE).await.is(201);
    proxy.fall_silent();
    let lost: Vec<_> = (0..4)
        .map(|_| {
            let (writer, path) = (writer.clone(), created.header("location").to_owned());
            tokio::spawn(async move { writer.get(&path).await })
        })
        .collect();
    for answer in lost {
        answer.await.expect("an answer").is_refused(503, "ServiceUnavailable");
    }
    // New connections go through; the old ones would have been waited for, for ever.
    proxy.open();
    let back = Instant::now();
    while writer.get(created.header("location")).await.status.as_u16() != 200 {
        assert!(back.elapsed() < Duration::from_mins(1), "the lost connections are still held");
    }
}

async fn an_in_flight_request_is_answered_while_the_service_stops() {
    use sqlx::{Connection, Executor};

    for _ in 0..3 {
        let app = TestApp::start(Engine::Postgres).await;
        let writer = app.writer();
        // Several connections, opened by whichever worker came first.
        let all = (0..8).map(|_| writer.post(POOLS, EXAMPLE));
        let created = futures_util::future::join_all(all).await.remove(0).is(201);
        let addr = app.addr;
        let mut connection =
            sqlx::PgConnection::connect(&app.database.url).await.expect("a connection");
        let mut other = connection.begin().await.expect("a transaction");
        other.execute("select * from pools for update").await.expect("locks");
        let path = created.header("location").to_owned();
        let change =
            tokio::spawn(
                async move { writer.patch(&path, json!({ "displayName": "changed" })).await },
            );
        while app.database.waiting_for_locks().await == 0 {
            tokio::task::yield_now().await;
        }
        let stopping = tokio::spawn(app.stop());
        // A server that is stopping accepts no new connection.
        while tokio::net::TcpStream::connect(addr).await.is_ok() {
            tokio::task::yield_now().await;
        }
        other.commit().await.expect("it ends");
        assert_eq!(change.await.expect("an answer").is(200).json()["displayName"], "changed");
        stopping.await.expect("it stops");
    }
}
