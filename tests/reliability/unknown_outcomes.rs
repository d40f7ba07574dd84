//! A change whose commit the database does not acknowledge: 503 only if it was not stored and never
//! will be, 201 only if it was stored, 504 if that is not known in time.

use std::time::Duration;

use esimpool::auth::Permission;
use reqwest::Method;
use serde_json::json;

use crate::support::app::new_folder;
use crate::support::cluster::{Cluster, binaries};
use crate::support::database::execute;
use crate::support::proxy::Proxy;
use crate::support::triggers::{Fault, fail};
use crate::support::{Actor, Answer, Database, Engine, POOLS, TestApp, cases, code};

cases! {
    postgres: [
        with_the_answers_cut_nothing_is_refused_that_was_stored_and_a_keyed_repeat_tells,
        a_change_that_a_standby_has_not_confirmed_is_not_answered_as_stored,
        a_change_that_was_given_up_is_never_stored_and_the_audit_log_says_so,
    ],
}

async fn behind(database: &Database) -> (Proxy, TestApp) {
    let proxy = Proxy::start(&database.url).await;
    let through = Database { engine: Engine::Postgres, url: proxy.url.clone() };
    let app = TestApp::with(Engine::Postgres)
        .set("database.acquire_timeout", 2)
        .start_on(new_folder(), through)
        .await
        .expect("it starts");
    (proxy, app)
}

async fn create(writer: &Actor, number: usize) -> Answer {
    let body =
        json!({ "displayName": format!("pool {number}"), "activationCodes": [code(number)] });
    let request = writer.request(Method::POST, POOLS).json(&body);
    Answer::of(request.header("idempotency-key", format!("key-{number}"))).await
}

async fn create_all(writer: &Actor, numbers: std::ops::Range<usize>) -> Vec<(usize, Answer)> {
    let creates = numbers.map(async |number| (number, create(writer, number).await));
    futures_util::future::join_all(creates).await
}

async fn is_stored(database: &Database, number: usize) -> bool {
    let count = format!("select count(*) from pools where display_name = 'pool {number}'");
    database.number(&count).await == 1
}

async fn with_the_answers_cut_nothing_is_refused_that_was_stored_and_a_keyed_repeat_tells() {
    let folder = new_folder();
    let database = Database::create(Engine::Postgres, folder.path()).await;
    let (proxy, app) = behind(&database).await;
    let writer = app.writer();
    for (_, answer) in create_all(&writer, 0..8).await {
        answer.is(201);
    }

    for statement in [
        "create function take_time() returns trigger language plpgsql as
         $$ begin perform pg_sleep(1); return new; end $$",
        "create trigger takes_time before insert on pools
         for each row execute function take_time()",
    ] {
        execute(&database, statement).await;
    }
    let creating = {
        let writer = writer.clone();
        tokio::spawn(async move { create_all(&writer, 8..24).await })
    };
    let under_way = "select count(*) from pg_stat_activity
                     where wait_event = 'PgSleep' and datname = current_database()";
    while database.number(under_way).await < 4 {
        tokio::task::yield_now().await;
    }
    proxy.fall_mute();
    let cut = creating.await.expect("answers");
    let mut unknown_and_stored = 0;
    for (number, answer) in &cut {
        let stored = is_stored(&database, *number).await;
        match answer.status.as_u16() {
            503 => assert!(!stored, "{number} was stored: {answer:?}"),
            504 => {
                unknown_and_stored += usize::from(stored);
                answer.is_refused(504, "OutcomeUnknown");
                assert!(!answer.headers.contains_key("retry-after"), "{answer:?}");
            }
            status => panic!("{status} without any answer of the database"),
        }
    }

    assert!(unknown_and_stored > 0, "what was under way is stored");

    execute(&database, "drop trigger takes_time on pools").await;
    proxy.open();
    for (number, _) in &cut {
        let repeated = async {
            loop {
                let answer = create(&writer, *number).await;
                if answer.status.as_u16() == 201 {
                    return answer;
                }
            }
        };
        let repeated = tokio::time::timeout(Duration::from_mins(1), repeated).await;
        let path = repeated.expect("the database is back").is(201).header("location").to_owned();
        writer.get(&path).await.is(200);
    }
    let count = "select count(*) from pools";
    assert_eq!(database.number(count).await, 24, "each once, whatever was answered first");
    let codes = "select count(*) from activation_codes";
    assert_eq!(database.number(codes).await, 24);
}

async fn a_change_that_a_standby_has_not_confirmed_is_not_answered_as_stored() {
    // Of its own: the setting is one of the whole server.
    let cluster = tokio::task::spawn_blocking(|| {
        Cluster::start(&binaries().expect("server binaries"), &["fsync=off"])
    });
    let mut cluster = cluster.await.expect("it ran").expect("a server");
    let database =
        Database { engine: Engine::Postgres, url: format!("{}/postgres", cluster.server_url()) };
    let app = TestApp::with(Engine::Postgres)
        .set("database.acquire_timeout", 1)
        .set("database.statement_timeout", 1)
        .start_on(new_folder(), Database { engine: Engine::Postgres, url: database.url.clone() })
        .await
        .expect("it starts");
    let writer = app.writer();
    create(&writer, 0).await.is(201);

    execute(&database, "alter system set synchronous_standby_names = 'gone'").await;
    execute(&database, "select pg_reload_conf()").await;
    let waiting = tokio::spawn(async move { (create(&writer, 1).await, writer) });
    let waits = "select count(*) from pg_stat_activity where wait_event = 'SyncRep'";
    while database.number(waits).await == 0 {
        tokio::task::yield_now().await;
    }
    let end = "select count(pg_terminate_backend(pid)) from pg_stat_activity
               where wait_event = 'SyncRep'";
    assert_eq!(database.number(end).await, 1);
    let (answer, writer) = waiting.await.expect("an answer");
    answer.is_refused(504, "OutcomeUnknown");
    assert!(is_stored(&database, 1).await, "on one machine");

    execute(&database, "alter system reset synchronous_standby_names").await;
    execute(&database, "select pg_reload_conf()").await;
    let repeated = async {
        loop {
            let answer = create(&writer, 1).await;
            if answer.status.as_u16() == 201 {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_mins(1), repeated).await.expect("it is known now");
    assert_eq!(database.number("select count(*) from pools").await, 2);
    app.stop().await;
    tokio::task::spawn_blocking(move || cluster.stop()).await.expect("it stops");
}

async fn a_change_that_was_given_up_is_never_stored_and_the_audit_log_says_so() {
    let app = TestApp::with(Engine::Postgres).set("database.acquire_timeout", 5).start().await;
    let writer = app.writer();
    // The connection breaks just before the commit, once.
    let at_commit = "constraint trigger t after insert on pools initially deferred";
    fail(&app.database, at_commit, "08006", Fault::Once).await;
    let refused = create(&writer, 1).await;
    refused.is_refused(503, "ServiceUnavailable");
    assert!(refused.headers.contains_key("retry-after"), "trying again is safe");
    let reader = app.tenant("contoso").caller(Permission::AppsReadAll);
    let log = reader.get("/deviceManagement/auditEvents").await.is(200).json();
    assert_eq!(log["value"][0]["activityType"], "giveUpChange", "{log}");
    assert_eq!(log["value"][0]["activityResult"], "Failure", "{log}");
    create(&writer, 1).await.is(201);
}
