//! Concurrent writes of one kind and tenant are executed in batches, and each caller gets its own
//! result.

use std::collections::HashSet;

use futures_util::future::join_all;
use serde_json::{Value, json};
use sqlx::{Connection, Executor, PgConnection};

use crate::support::operator::{Operator, stock_counts};
use crate::support::{Engine, POOLS, TestApp, cases, code, codes, measured};

cases! {
    both: [
        concurrent_writes_share_few_units_of_work,
        a_conflicting_write_is_refused_alone,
        concurrent_reports_of_devices_are_all_recorded,
    ],
    postgres: [
        a_locked_pool_delays_only_its_own_writes,
        a_write_that_finds_a_full_queue_is_told_to_retry,
        callers_that_leave_and_a_stop_leave_no_partial_write,
    ],
}

/// Units of work since the start.
async fn units(app: &TestApp) -> u64 {
    measured(app, "database_units_total").await
}

/// Requests since the start that came with a good token.
async fn admitted(app: &TestApp) -> u64 {
    measured(app, "tokens_verified_total").await + measured(app, "tokens_recognised_total").await
}

fn named(name: &str, numbers: std::ops::Range<usize>) -> Value {
    json!({ "displayName": name, "activationCodes": numbers.map(code).collect::<Vec<_>>() })
}

async fn concurrent_writes_share_few_units_of_work(engine: Engine) {
    const MANY: usize = 200;
    const ALL: i64 = 200;
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let pool = operator.pool((0..MANY).map(|n| code(100_000 + n)).collect()).await;
    let before = units(&app).await;

    let creates = (0..MANY).map(|n| {
        let writer = &operator.writer;
        async move { writer.post(POOLS, named(&format!("pool {n}"), n * 3..n * 3 + 3)).await }
    });
    for (n, answer) in join_all(creates).await.into_iter().enumerate() {
        let pool = answer.is(201).json();
        assert_eq!(pool["displayName"], format!("pool {n}"));
        assert_eq!(pool["activationCodes"].as_array().map(Vec::len), Some(3));
    }
    let after_creates = units(&app).await;
    assert!(after_creates - before < MANY as u64 / 2, "{}", after_creates - before);

    let claims = (0..MANY).map(|n| {
        let (operator, pool) = (&operator, &pool);
        async move { operator.claim(pool, &format!("device {n}")).await }
    });
    let claimed = join_all(claims).await;
    let given = claimed.into_iter().map(|answer| answer.is(201).json()["lpaString"].to_string());
    assert_eq!(given.collect::<HashSet<_>>().len(), MANY);
    // A claim that could not be done with others takes two.
    let after_claims = units(&app).await;
    assert!(after_claims - after_creates < MANY as u64, "{}", after_claims - after_creates);

    assert_eq!(app.database.number("select count(*) from pools").await, ALL + 1);
    for (activity, count) in [("createPool", ALL + 1), ("claim", ALL)] {
        let sql = format!("select count(*) from audit_events where activity = '{activity}'");
        assert_eq!(app.database.number(&sql).await, count, "{activity}");
    }
    let requests = "select count(distinct request_id) from audit_events";
    assert_eq!(app.database.number(requests).await, 2 * ALL + 1, "each its own request");
}

async fn a_conflicting_write_is_refused_alone(engine: Engine) {
    let app = TestApp::with(engine).set("codes.validation", "strict").start().await;
    let writer = app.writer();
    writer.post(POOLS, named("first", 0..10)).await.is(201);
    // Every tenth has a code that is there already.
    let creates = (0..120).map(|n| {
        let (writer, begin) = (&writer, if n % 10 == 0 { n / 12 } else { 1000 + 2 * n });
        async move { (n, writer.post(POOLS, named(&format!("{n}"), begin..begin + 2)).await) }
    });
    for (n, answer) in join_all(creates).await {
        if n % 10 == 0 {
            answer.is_refused(409, "Conflict");
        } else {
            answer.is(201);
        }
    }
    assert_eq!(app.database.number("select count(*) from pools").await, 109);
    assert_eq!(app.database.number("select count(*) from activation_codes").await, 10 + 216);
    let log = "select count(*) from audit_events where activity = 'createPool'";
    assert_eq!(app.database.number(log).await, 109);
}

async fn concurrent_reports_of_devices_are_all_recorded(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let pool = operator.pool(codes(60)).await;
    let claims = (0..50).map(|n| {
        let (operator, pool) = (&operator, &pool);
        async move { operator.claim(pool, &format!("device {n}")).await.is(201).json() }
    });
    let states: Vec<String> = join_all(claims)
        .await
        .iter()
        .map(|it| format!("{pool}/deviceStates/{}", it["deviceState"]["id"].as_str().expect("id")))
        .collect();
    // Each reports twice, one report has a stale tag, and one device state does not exist.
    let reports = states.iter().flat_map(|state| [state, state]).enumerate().map(|(n, state)| {
        let writer = &operator.writer;
        let body = json!({ "state": if n % 2 == 0 { "installed" } else { "failed" } });
        async move { writer.patch(state, body).await }
    });
    let nobody = format!("{pool}/deviceStates/01a00000-0000-7000-8000-000000000000");
    let stale = operator
        .writer
        .request(reqwest::Method::PATCH, &states[0])
        .header("If-Match", "W/\"77\"")
        .json(&json!({ "deviceName": "x" }));
    let (reports, missing, stale) = tokio::join!(
        join_all(reports),
        operator.writer.patch(&nobody, json!({ "state": "failed" })),
        crate::support::Answer::of(stale),
    );
    missing.is_refused(404, "ResourceNotFound");
    stale.is_refused(412, "PreconditionFailed");
    for report in reports {
        report.is(200);
    }
    for state in &states {
        let found = operator.writer.get(state).await.is(200);
        // Both were heard, one after the other.
        assert_eq!(found.header("etag"), "W/\"3\"", "{}", found.text());
    }
    // Code, ledger and device agree, unless the first report was a failure: that ended the claim.
    let agree = "select count(*) from device_states as device
                 join handouts on handouts.id = device.handout_id
                 join activation_codes as code on code.id = handouts.code_id
                 where handouts.outcome = code.state
                   and (device.state = code.state or code.state = 8)";
    assert_eq!(app.database.number(agree).await, 50);
    let [total, free, handed_out, quarantined, _] = stock_counts(&operator.stock(&pool).await);
    assert_eq!([total, free, handed_out + quarantined], [60, 10, 50]);

    // New device states of a pool that goes meanwhile: each is there whole, or its pool is not.
    let doomed = operator.pool(vec![]).await;
    let creates = (0..30).map(|n| {
        let pool = if n % 3 == 0 { &doomed } else { &pool };
        let body = json!({ "deviceName": format!("new {n}"), "state": "installed" });
        let (writer, path) = (&operator.writer, format!("{pool}/deviceStates"));
        async move { (n, writer.post(&path, body).await) }
    });
    let (creates, gone) = tokio::join!(join_all(creates), operator.writer.delete(&doomed));
    gone.is(204);
    for (n, answer) in creates {
        assert!(answer.status == 201 || (n % 3 == 0 && answer.status == 404), "{}", answer.text());
    }
    assert_eq!(app.database.number("select count(*) from device_states").await, 70);
}

async fn a_locked_pool_delays_only_its_own_writes() {
    let app = TestApp::with(Engine::Postgres).set("database.acquire_timeout", 30).start().await;
    let operator = Operator::of(&app);
    let (held, other) =
        (operator.pool(codes(5)).await, operator.pool(vec![code(50), code(51)]).await);
    let mut connection = PgConnection::connect(&app.database.url).await.expect("a connection");
    let mut holder = connection.begin().await.expect("a transaction");
    let id = held.rsplit('/').next().expect("an id");
    let lock = format!("select * from pools where id = '{id}' for update");
    holder.execute(sqlx::AssertSqlSafe(lock)).await.expect("locked");
    let waiting = {
        let (operator, held) = (Operator::of(&app), held.clone());
        tokio::spawn(async move { operator.claim(&held, "patient").await })
    };
    // They are batched with the one that waits, or after it; either way they are served.
    for n in 0..10 {
        let (first, second) = tokio::join!(
            operator.claim(&other, "phone"),
            operator.writer.post(POOLS, json!({ "displayName": format!("{n}") })),
        );
        assert!(first.status.is_success(), "{}", first.text());
        second.is(201);
    }
    assert!(!waiting.is_finished());
    holder.rollback().await.expect("it ends");
    waiting.await.expect("an answer").is(201);

    // An append to a pool or a rename blocks no claim.
    let mut holder = connection.begin().await.expect("a transaction");
    let lock = format!("select * from pools where id = '{id}' for no key update");
    holder.execute(sqlx::AssertSqlSafe(lock)).await.expect("locked");
    operator.claim(&held, "impatient").await.is(201);
    holder.rollback().await.expect("it ends");
}

async fn a_write_that_finds_a_full_queue_is_told_to_retry() {
    let app = TestApp::with(Engine::Postgres)
        .set("database.max_waiting", 5)
        .set("database.acquire_timeout", 30)
        .start()
        .await;
    let writer = app.writer();
    writer.post(POOLS, json!({ "displayName": "first" })).await.is(201);
    let mut connection = PgConnection::connect(&app.database.url).await.expect("a connection");
    let mut holder = connection.begin().await.expect("a transaction");
    holder.execute("lock table pools in exclusive mode").await.expect("locked");
    let creates: Vec<_> = (0..40)
        .map(|n| {
            let writer = writer.clone();
            let body = json!({ "displayName": format!("{n}") });
            tokio::spawn(async move { writer.post(POOLS, body).await })
        })
        .collect();
    // All but those under way and those who may wait have had their answer by now.
    while creates.iter().filter(|it| it.is_finished()).count() < 40 - 2 - 5 {
        tokio::task::yield_now().await;
    }
    // Reads are served.
    writer.get(&format!("{POOLS}/$count")).await.is(200);
    holder.rollback().await.expect("it ends");
    let mut made = 1;
    for answer in creates {
        let answer = answer.await.expect("an answer");
        if answer.status == 201 {
            made += 1;
        } else {
            answer.is_refused(503, "ServiceUnavailable");
            assert!(answer.header("retry-after").parse::<u32>().is_ok(), "whole seconds");
        }
    }
    assert!((4..=8).contains(&made), "{made}");
    assert_eq!(app.database.number("select count(*) from pools").await, made);
}

async fn callers_that_leave_and_a_stop_leave_no_partial_write() {
    const MANY: usize = 60;
    let app = TestApp::with(Engine::Postgres).set("database.acquire_timeout", 30).start().await;
    let writer = app.writer();
    let mut connection = PgConnection::connect(&app.database.url).await.expect("a connection");
    let mut holder = connection.begin().await.expect("a transaction");
    holder.execute("lock table pools in exclusive mode").await.expect("locked");
    let creates: Vec<_> = (0..MANY)
        .map(|n| {
            let writer = writer.clone();
            tokio::spawn(async move {
                writer.post(POOLS, named(&format!("{n}"), n * 2..n * 2 + 2)).await
            })
        })
        .collect();
    while app.database.waiting_for_locks().await == 0 || admitted(&app).await < MANY as u64 {
        tokio::task::yield_now().await;
    }
    // Half of them leave; then the service is stopped, and only then the lock is released.
    for leaving in creates.iter().step_by(2) {
        leaving.abort();
    }
    let addr = app.addr;
    let stopping = tokio::spawn(app.stop());
    while tokio::net::TcpStream::connect(addr).await.is_ok() {
        tokio::task::yield_now().await;
    }
    holder.rollback().await.expect("it ends");
    let mut answered = 0;
    for create in creates.into_iter().skip(1).step_by(2) {
        create.await.expect("an answer").is(201);
        answered += 1;
    }
    let (_folder, database) = stopping.await.expect("it stops");
    let pools = database.number("select count(*) from pools").await;
    assert!((answered..=60).contains(&pools), "{pools}");
    assert_eq!(database.number("select count(*) from activation_codes").await, 2 * pools);
    let log = "select count(*) from audit_events where activity = 'createPool'";
    assert_eq!(database.number(log).await, pools);
}
