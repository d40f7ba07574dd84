//! Callers who want the same kind of thing at the same moment travel together, and each hears the
//! truth about its own.

use std::collections::HashSet;
use std::sync::Arc;

use esimpool::auth::{Claim, Read, Write};
use esimpool::domain::{
    ClaimOutcome, DeviceStateChange, DeviceStateValue, NewPool, PoolId, Validation,
};
use esimpool::store::{Conditional, Conflict, EntityKey, Precondition, StoreError};
use futures_util::future::join_all;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use sqlx::{Connection, Executor, PgConnection};

use crate::support::database::{administer, execute};
use crate::support::operator::{Operator, stock_counts};
use crate::support::store::{TestStore, claim_by, draft};
use crate::support::{Engine, POOLS, TestApp, cases, code, codes, measured};

cases! {
    both: [
        many_at_once_take_few_units_of_work,
        whoever_is_in_the_way_of_others_is_refused_alone,
        devices_that_report_at_once_are_all_heard,
        whatever_fails_each_caller_hears_the_truth,
    ],
    postgres: [
        a_pool_that_is_held_keeps_nobody_else_waiting,
        whoever_finds_too_many_waiting_is_told_to_come_again,
        connections_that_break_under_many_leave_nobody_in_doubt,
        callers_that_leave_and_a_stop_lose_nothing_by_halves,
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

async fn many_at_once_take_few_units_of_work(engine: Engine) {
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

async fn whoever_is_in_the_way_of_others_is_refused_alone(engine: Engine) {
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

async fn devices_that_report_at_once_are_all_heard(engine: Engine) {
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
    // Each says it twice, two of them under a tag that is stale, and one is nobody.
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
    // Code, ledger and device agree.
    let agree = "select count(*) from device_states as device
                 join handouts on handouts.id = device.handout_id
                 join activation_codes as code on code.id = handouts.code_id
                 where device.state = handouts.outcome and device.state = code.state";
    assert_eq!(app.database.number(agree).await, 50);
    assert_eq!(stock_counts(&operator.stock(&pool).await)[..3], [60, 10, 50]);

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

/// One of many things that are wanted at the same moment.
#[derive(Clone, Debug)]
enum Wanted {
    /// A pool with these codes, each of which the tenant may have once.
    Pool(std::ops::Range<usize>),
    /// One that the database refuses, whatever the reason.
    Poison,
    /// A code of the pool for one of a few devices.
    Code(u8),
    /// Another state of one of a few devices.
    State(u8, DeviceStateValue),
}

fn wanted() -> impl Strategy<Value = Wanted> {
    prop_oneof![
        4 => (0..60_usize, 0..3_usize).prop_map(|(begin, len)| Wanted::Pool(begin..begin + len)),
        1 => Just(Wanted::Poison),
        4 => (0..30_u8).prop_map(Wanted::Code),
        2 => (0..4_u8, prop_oneof![
            Just(DeviceStateValue::Installed), Just(DeviceStateValue::Failed),
            Just(DeviceStateValue::Installing)])
            .prop_map(|(device, state)| Wanted::State(device, state)),
    ]
}

/// What came of one of them.
enum Came {
    Pool(Arc<NewPool>, Result<(), StoreError>),
    Code(String, Result<ClaimOutcome, StoreError>),
    State(Result<Conditional<esimpool::domain::DeviceState>, StoreError>),
}

/// A store with a pool of some codes, of which four devices have one each.
struct Scene {
    bench: TestStore,
    pool: PoolId,
    devices: Vec<esimpool::domain::DeviceStateId>,
}

impl Scene {
    async fn new(engine: Engine) -> Self {
        let bench = TestStore::new(engine).await;
        let poison = match engine {
            Engine::Sqlite => {
                "create trigger poison before insert on pools when new.display_name = 'poison'
                 begin select raise(abort, 'poisoned'); end"
            }
            Engine::Postgres => {
                "create function poison() returns trigger language plpgsql as $$ begin
                   if new.display_name = 'poison' then raise exception 'poisoned'; end if;
                   return new; end $$;
                 create trigger poison before insert on pools
                   for each row execute function poison()"
            }
        };
        execute(&bench.database, poison).await;
        let (write, claim) = (bench.permit::<Write>("a").await, bench.permit::<Claim>("a").await);
        let stock = bench.create(&write, draft("stock", 1000..1020, Validation::Strict)).await;
        let pool = stock.expect("created").id;
        let mut devices = Vec::new();
        for n in 0..4 {
            let new = claim_by(&bench, &format!("known {n}"));
            match bench
                .store
                .claim(&claim, pool, new, bench.change_context())
                .await
                .expect("an answer")
            {
                ClaimOutcome::Claimed(claimed) => devices.push(claimed.device_state.id),
                other => panic!("{other:?}"),
            }
        }
        Self { bench, pool, devices }
    }

    async fn want(&self, wanted: Wanted) -> Came {
        let Self { bench, pool, devices } = self;
        let write = bench.permit::<Write>("a").await;
        match wanted {
            Wanted::Pool(_) | Wanted::Poison => {
                let draft = match wanted {
                    Wanted::Pool(numbers) => draft("good", numbers, Validation::Strict),
                    _ => draft("poison", 0..0, Validation::Strict),
                };
                let context = bench.change_context();
                let new = Arc::new(draft.into_new(&bench.ids, context.at));
                let done = bench.store.create_pool(&write, &new, context).await.map(drop);
                Came::Pool(new, done)
            }
            Wanted::Code(device) => {
                let claim = bench.permit::<Claim>("a").await;
                let device = format!("device {device}");
                let new = claim_by(bench, &device);
                Came::Code(
                    device,
                    bench.store.claim(&claim, *pool, new, bench.change_context()).await,
                )
            }
            Wanted::State(device, state) => {
                let place = EntityKey { pool: *pool, id: devices[usize::from(device)] };
                let change =
                    DeviceStateChange { state: Some(state), ..DeviceStateChange::default() };
                let (any, context) = (Precondition::Any, bench.change_context());
                Came::State(
                    bench.store.update_device_state(&write, place, &any, change, context).await,
                )
            }
        }
    }

    /// Whether everybody was told the truth. Where nothing was broken on purpose, nobody may have
    /// been told to come again either.
    async fn check(&self, came: Vec<Came>, broken: bool) {
        let read = self.bench.permit::<Read>("a").await;
        let (mut taken, mut holders) = (HashSet::new(), HashSet::new());
        let mut refused = Vec::new();
        for it in came {
            match it {
                Came::Pool(new, done) => {
                    let found = self.bench.store.pool(&read, new.id).await.expect("an answer");
                    assert_eq!(found.is_some(), done.is_ok(), "{done:?}");
                    let mut codes = new.codes.iter().map(|it| it.code.iccid.as_str().to_owned());
                    match done {
                        Ok(()) => assert!(codes.all(|it| taken.insert(it))),
                        Err(StoreError::Failed(_)) => {
                            assert_eq!(new.display_name.as_str(), "poison");
                        }
                        Err(StoreError::Conflict(Conflict::IccidExists)) => {
                            refused.push(codes.collect::<Vec<_>>());
                        }
                        Err(error) => assert!(broken, "{error}"),
                    }
                }
                Came::Code(device, Ok(ClaimOutcome::Claimed(claimed))) => {
                    holders.insert((device, claimed.code.iccid.as_str().to_owned()));
                }
                // A device may not have two codes.
                Came::Code(_, Ok(ClaimOutcome::NoFreeCode))
                | Came::State(
                    Ok(Conditional::Done(_)) | Err(StoreError::Conflict(Conflict::DeviceHasCode)),
                ) => {}
                Came::Code(_, Ok(other)) => panic!("{other:?}"),
                Came::State(Ok(other)) => panic!("{other:?}"),
                Came::Code(_, Err(error)) | Came::State(Err(error)) => {
                    assert!(broken, "{error}");
                }
            }
        }
        // Nobody was refused for what another one did.
        for codes in refused {
            assert!(broken || codes.iter().any(|it| taken.contains(it)), "{codes:?}");
        }
        // A device has one code, however often it asked, and a code one device.
        for part in [|it: &(String, String)| it.0.clone(), |it: &(String, String)| it.1.clone()] {
            let different: HashSet<_> = holders.iter().map(part).collect();
            assert_eq!(different.len(), holders.len(), "{holders:?}");
        }
        for (what, sql) in [
            (
                "every pool is whole",
                "select count(*) from pools where code_count <> (
                   select count(*) from activation_codes as code
                   where code.tenant_id = pools.tenant_id and code.pool_id = pools.id)",
            ),
            (
                "every pool is written down once",
                "select abs((select count(*) from pools) - (
                   select count(*) from audit_events where activity = 'createPool'))",
            ),
            (
                "every hand-out is written down once",
                "select abs((select count(*) from handouts) - (
                   select count(*) from audit_events where activity = 'claim'))",
            ),
            (
                "code, ledger and device agree",
                "select abs((select count(*) from handouts) - (
                   select count(*) from handouts
                   join activation_codes as code on code.id = handouts.code_id
                   join device_states as device on device.handout_id = handouts.id
                   where code.state = handouts.outcome and device.state = handouts.outcome))",
            ),
        ] {
            assert_eq!(self.bench.database.number(sql).await, 0, "{what}");
        }
    }
}

async fn whatever_fails_each_caller_hears_the_truth(engine: Engine) {
    let runtime = tokio::runtime::Handle::current();
    let mut runner = TestRunner::new(Config { cases: 24, ..Config::default() });
    let outcome = tokio::task::block_in_place(|| {
        runner.run(&prop::collection::vec(wanted(), 1..80), |all| {
            runtime.block_on(async {
                let scene = Scene::new(engine).await;
                let came = join_all(all.into_iter().map(|wanted| scene.want(wanted))).await;
                scene.check(came, false).await;
                scene.bench.store.close().await;
            });
            Ok(())
        })
    });
    outcome.expect("the truth");
}

async fn connections_that_break_under_many_leave_nobody_in_doubt() {
    let scene = Arc::new(Scene::new(Engine::Postgres).await);
    let name = scene.bench.database.url.rsplit('/').next().expect("a name").to_owned();
    let cut =
        format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'");
    let mut came = Vec::new();
    for round in 0..12 {
        let all = (0..120_usize).map(|n| {
            let begin = 2000 + (round * 120 + n) * 2;
            let wanted = match n % 3 {
                0 => Wanted::Code(u8::try_from(n % 30).expect("few")),
                _ => Wanted::Pool(begin..begin + 2),
            };
            let scene = scene.clone();
            tokio::spawn(async move { scene.want(wanted).await })
        });
        let all: Vec<_> = all.collect();
        administer(&cut).await;
        for it in all {
            came.push(it.await.expect("an answer"));
        }
    }
    let made = came.iter().filter(|it| matches!(it, Came::Pool(_, Ok(())))).count();
    assert!(made > 100, "only {made} were made");
    scene.check(came, true).await;
}

async fn a_pool_that_is_held_keeps_nobody_else_waiting() {
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
    // They travel with the one that waits, or after it; either way they are served.
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

    // Whoever appends to a pool or renames it is in no claim's way.
    let mut holder = connection.begin().await.expect("a transaction");
    let lock = format!("select * from pools where id = '{id}' for no key update");
    holder.execute(sqlx::AssertSqlSafe(lock)).await.expect("locked");
    operator.claim(&held, "impatient").await.is(201);
    holder.rollback().await.expect("it ends");
}

async fn whoever_finds_too_many_waiting_is_told_to_come_again() {
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
    // Whoever only looks is served.
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

async fn callers_that_leave_and_a_stop_lose_nothing_by_halves() {
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
    let waits = "select count(*) from pg_stat_activity
                 where wait_event_type = 'Lock' and datname = current_database()";
    while app.database.number(waits).await == 0 || admitted(&app).await < MANY as u64 {
        tokio::task::yield_now().await;
    }
    // Half of them leave; then the service is told to stop, and only then the way is free.
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
