//! No request waits for longer than it may, and one that waits costs others nothing.

use std::time::Duration;

use esimpool::auth::Permission;
use esimpool::clock::Clock;
use esimpool::domain::Timestamp;
use futures_util::future::join_all;
use serde_json::json;
use sqlx::{Connection, Executor, PgConnection, Row, SqliteConnection};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::support::database::{execute, open_store};
use crate::support::proxy::Proxy;
use crate::support::{Actor, Answer, Database, EXAMPLE, Engine, POOLS, TestApp, cases, measured};

cases! {
    postgres: [
        a_database_that_falls_silent_holds_no_caller_for_as_long_as_a_statement_may_take,
        connections_that_died_unnoticed_cost_a_caller_one_wait_altogether,
        callers_who_wait_for_a_locked_pool_hold_no_connections,
    ],
    both: [
        a_read_ends_after_its_timeout,
        a_read_ends_when_its_client_goes_away,
        readiness_is_known_while_every_connection_is_in_use,
        what_is_old_is_deleted_in_small_transactions,
        a_start_with_a_clock_years_ahead_deletes_nothing,
    ],
}

const AUDIT: &str = "/beta/deviceManagement/auditEvents";

/// More than anything here takes, and less than what it is compared with.
const LONG: Duration = Duration::from_secs(40);

/// A request that is made beside the test.
fn get(actor: &Actor, path: &str) -> JoinHandle<Answer> {
    let (actor, path) = (actor.clone(), path.to_owned());
    tokio::spawn(async move { actor.get(&path).await })
}

fn patch(actor: &Actor, path: &str, name: String) -> JoinHandle<Answer> {
    let (actor, path) = (actor.clone(), path.to_owned());
    tokio::spawn(async move { actor.patch(&path, json!({ "displayName": name })).await })
}

/// A service with its database behind a proxy.
async fn behind_a_proxy() -> (TestApp, Proxy) {
    let folder = crate::support::app::new_folder();
    let database = Database::create(Engine::Postgres, folder.path()).await;
    let proxy = Proxy::start(&database.url).await;
    let through = Database { engine: Engine::Postgres, url: proxy.url.clone() };
    let app = TestApp::with(Engine::Postgres)
        .set("database.acquire_timeout", 2)
        .set("database.read_timeout", 600)
        .start_on(folder, through)
        .await
        .expect("it starts");
    (app, proxy)
}

async fn a_database_that_falls_silent_holds_no_caller_for_as_long_as_a_statement_may_take() {
    let (app, proxy) = behind_a_proxy().await;
    let writer = app.writer();
    let created = writer.post(POOLS, EXAMPLE).await.is(201);
    let pool = created.header("location");
    proxy.fall_silent();
    let all = [get(&writer, pool), get(&writer, POOLS), patch(&writer, pool, "x".to_owned())];
    for answer in timeout(LONG, join_all(all)).await.expect("in time") {
        answer.expect("an answer").is_refused(503, "ServiceUnavailable");
    }
    app.anonymous().get("/readyz").await.is_refused(503, "ServiceUnavailable");
    proxy.open();
    let back = async { while writer.get(pool).await.status.as_u16() != 200 {} };
    timeout(LONG, back).await.expect("it notices");
}

#[expect(clippy::disallowed_methods, reason = "a connection has to be idle for a second")]
async fn connections_that_died_unnoticed_cost_a_caller_one_wait_altogether() {
    let (app, proxy) = behind_a_proxy().await;
    let writers: Vec<_> = (0..8)
        .map(|n| app.tenant(&format!("tenant {n}")).caller(Permission::ConfigurationReadWriteAll))
        .collect();
    for created in join_all(writers.iter().map(|writer| writer.post(POOLS, EXAMPLE))).await {
        created.is(201);
    }
    // The metrics read the stock now, and not again within ten seconds.
    measured(&app, "database_connections_idle").await;
    // A connection that was used a second ago is not used without a ping.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert!(measured(&app, "database_connections_idle").await >= 4);
    proxy.fall_silent();
    // Two seconds, and not for each of the connections.
    let answer = timeout(Duration::from_secs(8), writers[0].get(POOLS)).await.expect("in time");
    answer.is_refused(503, "ServiceUnavailable");
    proxy.open();
    writers[0].get(POOLS).await.is(200);
}

async fn callers_who_wait_for_a_locked_pool_hold_no_connections() {
    let app = TestApp::with(Engine::Postgres).set("database.acquire_timeout", 30).start().await;
    let (writer, other) =
        (app.writer(), app.tenant("fabrikam").caller(Permission::ConfigurationReadWriteAll));
    let created = writer.post(POOLS, EXAMPLE).await.is(201);
    let pool = created.header("location");
    // As by another server that imports into the pool.
    let mut connection = PgConnection::connect(&app.database.url).await.expect("a connection");
    let mut import = connection.begin().await.expect("a transaction");
    import.execute("select * from pools for no key update").await.expect("locks");
    let waiting: Vec<_> = (0..24).map(|n| patch(&writer, pool, format!("name {n}"))).collect();
    while app.database.waiting_for_locks().await == 0 {
        tokio::task::yield_now().await;
    }
    for _ in 0..20 {
        other.post(POOLS, EXAMPLE).await.is(201);
        writer.get(pool).await.is(200);
        assert!(app.database.waiting_for_locks().await <= 1, "the others wait in the process");
    }
    assert!(waiting.iter().all(|answer| !answer.is_finished()), "all of it meanwhile");
    import.rollback().await.expect("it ends");
    for answer in waiting {
        answer.await.expect("an answer").is(200);
    }
}

/// Makes reads of pools take for ever.
async fn stop_reads_of_pools(database: &Database) {
    execute(database, "alter table pools rename to all_pools").await;
    let view = match database.engine {
        Engine::Postgres => "select all_pools.* from all_pools, pg_sleep(3600)",
        Engine::Sqlite => {
            execute(database, "create table marks (mark integer)").await;
            "select * from all_pools
             where (with recursive counted (n) as (select 1 union all select n + 1 from counted)
                    select count(*) from counted) > 0"
        }
    };
    execute(database, &format!("create view pools as {view}")).await;
}

/// Whether such a read is running.
async fn is_reading(database: &Database) -> bool {
    if database.engine == Engine::Postgres {
        let sleeping = "select count(*) from pg_stat_activity
                        where wait_event = 'PgSleep' and datname = current_database()";
        return database.number(sleeping).await > 0;
    }
    // A reader keeps what was written since from being moved out of the write-ahead log.
    let mut connection = SqliteConnection::connect(&database.url).await.expect("a connection");
    connection.execute("insert into marks values (1)").await.expect("a mark");
    let row = connection.fetch_one("pragma wal_checkpoint(truncate)").await.expect("a row");
    row.get::<i64, _>(0) == 1
}

async fn until_reading(database: &Database, wanted: bool) {
    let done = async {
        while is_reading(database).await != wanted {
            tokio::task::yield_now().await;
        }
    };
    timeout(LONG, done).await.expect("long before the database would end it");
}

async fn a_read_ends_after_its_timeout(engine: Engine) {
    let app = TestApp::with(engine).set("database.read_timeout", 1).start().await;
    let writer = app.writer();
    writer.post(POOLS, EXAMPLE).await.is(201);
    stop_reads_of_pools(&app.database).await;
    let answer = timeout(LONG, writer.get(POOLS)).await.expect("in time");
    answer.is_refused(503, "ServiceUnavailable");
    until_reading(&app.database, false).await;
    writer.get(AUDIT).await.is(200);
}

async fn a_read_ends_when_its_client_goes_away(engine: Engine) {
    let app = TestApp::with(engine).set("database.read_timeout", 600).start().await;
    let writer = app.writer();
    writer.post(POOLS, EXAMPLE).await.is(201);
    stop_reads_of_pools(&app.database).await;
    let answer = get(&writer, POOLS);
    until_reading(&app.database, true).await;
    answer.abort();
    until_reading(&app.database, false).await;
}

async fn readiness_is_known_while_every_connection_is_in_use(engine: Engine) {
    let app = TestApp::with(engine)
        .set("database.max_connections", 1)
        .set("database.read_timeout", 600)
        .start()
        .await;
    let writer = app.writer();
    writer.post(POOLS, EXAMPLE).await.is(201);
    stop_reads_of_pools(&app.database).await;
    let answer = get(&writer, POOLS);
    until_reading(&app.database, true).await;
    app.anonymous().get("/readyz").await.is(200);
    assert!(!answer.is_finished(), "the only connection is in use");
    answer.abort();
}

async fn what_is_old_is_deleted_in_small_transactions(engine: Engine) {
    let app = TestApp::start(engine).await;
    app.writer().post(POOLS, EXAMPLE).await.is(201);
    let (_folder, database) = app.stop().await;
    let (numbers, id, old) = match engine {
        Engine::Postgres => {
            ("generate_series(1, 4500)", "gen_random_uuid()", "at - interval '1000 days'")
        }
        Engine::Sqlite => (
            "(with recursive n (n) as (select 1 union all select n + 1 from n where n < 4500)
              select n from n)",
            "randomblob(16)",
            "at - 86400000000000",
        ),
    };
    let columns = "activity, operation, category, app_id, user_id, request_id, resources";
    execute(
        &database,
        &format!(
            "insert into audit_events (tenant_id, id, at, {columns})
             select tenant_id, {id}, {old}, {columns} from audit_events, {numbers} as numbers"
        ),
    )
    .await;
    let text =
        if engine == Engine::Postgres { "gen_random_uuid()::text" } else { "hex(randomblob(16))" };
    execute(
        &database,
        &format!(
            "insert into idempotency_keys (tenant_id, caller, key, request, replay, at)
             select tenant_id, 'caller', {text}, id_of_request, '', at
             from (select tenant_id, at, {} as id_of_request from audit_events) as events",
            if engine == Engine::Postgres { "'x'::bytea" } else { "x'00'" }
        ),
    )
    .await;
    let store = open_store(&database).await;
    let newest = store.newest_audit_event().await.expect("read").expect("an entry");
    store.forget(Some(newest), newest).await.expect("deleted");
    let (_, units) = store.work_done();
    assert!(units >= 9, "{units} transactions for 9,000 rows");
    for table in ["audit_events", "idempotency_keys"] {
        let left = database.number(&format!("select count(*) from {table}")).await;
        assert_eq!(left, 1, "{table}: what is new stays");
    }
    store.close().await;
}

async fn a_start_with_a_clock_years_ahead_deletes_nothing(engine: Engine) {
    let at = |days: i64| {
        Clock::stopped(Timestamp::from_micros(1_800_000_000_000_000 + days * 86_400_000_000))
    };
    let app = TestApp::with(engine).at(at(0)).start().await;
    app.writer().post(POOLS, EXAMPLE).await.is(201);
    let (folder, database) = app.stop().await;
    let app = TestApp::with(engine).at(at(3650));
    let app = app.start_on(folder, database).await.expect("it starts");
    // The metrics themselves take two.
    while measured(&app, "database_reads_total").await < 3 {
        tokio::task::yield_now().await;
    }
    for _ in 0..50 {
        let log = app.writer().get(AUDIT).await.is(200).json();
        assert_eq!(log["value"].as_array().expect("a list").len(), 1, "{log}");
    }
}
