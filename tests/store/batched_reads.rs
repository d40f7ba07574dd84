//! Concurrent reads of entities by id share statements, and each caller gets its own
//! answer.

use futures_util::future::join_all;
use serde_json::json;
use sqlx::{Connection, Executor, PgConnection};

use crate::support::bodies::{new_pool, target};
use crate::support::{Engine, POOLS, TestApp, cases, measured};

cases! {
    postgres: [
        waiting_gets_share_one_statement_and_each_gets_its_own_answer,
    ],
}

async fn waiting_gets_share_one_statement_and_each_gets_its_own_answer() {
    const MANY: usize = 30;
    let app = TestApp::with(Engine::Postgres).set("database.acquire_timeout", 30).start().await;
    let (writer, stranger) = (app.writer(), app.tenant("fabrikam"));
    let stranger = stranger.caller(esimpool::auth::Permission::ConfigurationReadWriteAll);
    let theirs = new_pool(&stranger).await;
    let mut asked = Vec::new();
    for n in 0..MANY {
        let body = json!({ "displayName": format!("pool {n}") });
        let path = writer.post(POOLS, body).await.is(201).header("location").to_owned();
        let path = path[path.find("/beta").expect("a path")..].to_owned();
        let body = json!({ "target": target("allDevices") });
        let made = writer.post(&format!("{path}/assignments"), body).await.is(201).json();
        let id = made["id"].as_str().expect("an id").to_owned();
        asked.push((format!("{path}/assignments/{id}"), Some(("id", id.clone()))));
        // Another pool's assignment, another tenant's pool, and one that never was.
        asked.push((format!("{theirs}/assignments/{id}"), None));
        asked.push((path, Some(("displayName", format!("pool {n}")))));
        asked.push((theirs.clone(), None));
        asked.push((format!("{POOLS}/{id}"), None));
    }
    let mut connection = PgConnection::connect(&app.database.url).await.expect("a connection");
    let mut holder = connection.begin().await.expect("a transaction");
    let lock = "lock table pools, assignments in access exclusive mode";
    holder.execute(lock).await.expect("locked");
    let statements = measured(&app, "database_reads_total").await;
    let recognised = measured(&app, "tokens_recognised_total").await;
    let gets = asked.iter().map(|(path, _)| {
        let (writer, path) = (writer.clone(), path.clone());
        tokio::spawn(async move { writer.get(&path).await })
    });
    let gets: Vec<_> = gets.collect();
    let all = u64::try_from(asked.len()).expect("a count");
    while measured(&app, "tokens_recognised_total").await < recognised + all {
        tokio::task::yield_now().await;
    }
    holder.rollback().await.expect("it ends");

    for ((path, expected), answer) in asked.iter().zip(join_all(gets).await) {
        let answer = answer.expect("an answer");
        match expected {
            Some((name, value)) => assert_eq!(answer.is(200).json()[*name], **value, "{path}"),
            None => drop(answer.is_refused(404, "ResourceNotFound")),
        }
    }
    // Of each kind one or two by themselves, and then all of the others.
    let statements = measured(&app, "database_reads_total").await - statements;
    assert!((2..=10).contains(&statements), "{statements}");
}
