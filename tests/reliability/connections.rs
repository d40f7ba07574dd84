//! How many connections clients may open, to the service and through it to the database.

use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::database::execute;
use crate::support::{EXAMPLE, Engine, POOLS, TestApp, cases, raw};

cases! {
    once: [a_connection_too_many_waits_until_another_ends],
    postgres: [a_client_that_leaves_does_not_cost_a_connection_to_the_database],
}

/// More than anything here takes.
const LONG: Duration = Duration::from_secs(40);
/// Enough for the number of workers to divide it, whatever that is.
const MAX_CONNECTIONS: usize = 16;

async fn a_connection_too_many_waits_until_another_ends() {
    let app =
        TestApp::with(Engine::Sqlite).set("server.max_connections", MAX_CONNECTIONS).start().await;
    let request = b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    // More than are accepted, on any number of workers. None sends anything, so each is closed when
    // the time for its head is over.
    let mut idle = Vec::new();
    for _ in 0..MAX_CONNECTIONS * 4 {
        idle.push(TcpStream::connect(app.addr).await.expect("the system takes it"));
    }
    let mut waiting = Box::pin(raw(app.addr, request));
    let soon = timeout(Duration::from_millis(500), &mut waiting).await;
    assert!(soon.is_err(), "it is answered beside {MAX_CONNECTIONS} others");
    drop(idle);
    let answer = timeout(LONG, waiting).await.expect("it is accepted");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

async fn a_client_that_leaves_does_not_cost_a_connection_to_the_database() {
    let app = TestApp::with(Engine::Postgres).set("database.max_connections", 2).start().await;
    let writer = app.writer();
    writer.post(POOLS, EXAMPLE).await.is(201);
    // A read of pools goes on until a row says that it may end.
    for sql in [
        "alter table pools rename to all_pools",
        "create table ended ()",
        "create function wait() returns int language plpgsql as $$ begin
           while not exists (select from ended) loop perform pg_sleep(0.002); end loop;
           return 1; end $$",
        "create view pools as select all_pools.* from all_pools, wait()",
    ] {
        execute(&app.database, sql).await;
    }
    let activity = async |what: &str, which: &str| {
        let sql = format!(
            "select coalesce({what}, 0) from pg_stat_activity
             where application_name = 'esimpool' and datname = current_database() and {which}"
        );
        app.database.number(&sql).await
    };
    for _ in 0..10 {
        execute(&app.database, "truncate ended").await;
        let reader = app.writer();
        let leaving = tokio::spawn(async move { reader.get(POOLS).await });
        let reading = async {
            loop {
                match activity("max(pid)::int8", "wait_event = 'PgSleep'").await {
                    0 => tokio::task::yield_now().await,
                    session => break session,
                }
            }
        };
        let session = timeout(LONG, reading).await.expect("it reads");
        leaving.abort();
        execute(&app.database, "insert into ended default values").await;
        writer.get(POOLS).await.is(200);
        let same = activity("count(*)", &format!("pid = {session}")).await;
        assert_eq!(same, 1, "the session is still there");
    }
}
