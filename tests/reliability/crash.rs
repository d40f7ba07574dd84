//! What was answered is stored, whatever happens afterwards; what was not is stored completely or
//! not at all.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use crate::support::process::{Server, run};
use crate::support::{Actor, Answer, Database, Engine, POOLS, cases, code};

cases! {
    both: [a_server_killed_during_a_thousand_creates_has_every_answered_pool_and_no_partial_one],
}

const CREATES: usize = 1000;
const CODES: usize = 7;

async fn a_server_killed_during_a_thousand_creates_has_every_answered_pool_and_no_partial_one(
    engine: Engine,
) {
    let folder = crate::support::app::new_folder();
    let database = Database::create(engine, folder.path()).await;
    let token =
        run(&["--data-dir", folder.path().to_str().expect("a path"), "token"], folder.path());
    let token = String::from_utf8(token.stdout).expect("text").trim().to_owned();

    let mut acknowledged: Vec<String> = Vec::new();
    let next = Arc::new(AtomicUsize::new(0));
    // Killed at four places among the thousand, and brought back each time.
    for stop_at in [150, 400, 700, CREATES] {
        let server = Server::start(folder.path(), &database.url);
        let workers: Vec<_> = (0..8)
            .map(|_| {
                let writer = Actor::new(server.addr, Some(&token));
                let next = next.clone();
                tokio::spawn(async move { create_until_it_dies(&writer, &next, stop_at).await })
            })
            .collect();
        while next.load(Ordering::Relaxed) < stop_at {
            tokio::task::yield_now().await;
        }
        server.kill();
        for worker in workers {
            acknowledged.extend(worker.await.expect("a worker"));
        }
    }
    assert!(acknowledged.len() > CREATES / 2, "only {} were answered", acknowledged.len());

    let halves = format!(
        "select count(*) from pools as pool where pool.code_count <> {CODES} or {CODES} <>
           (select count(*) from activation_codes as code
            where code.tenant_id = pool.tenant_id and code.pool_id = pool.id)"
    );
    let orphans = "select count(*) from activation_codes as code where not exists
        (select 1 from pools as pool where pool.tenant_id = code.tenant_id and pool.id = code.pool_id)";
    assert_eq!(database.number(&halves).await, 0, "half pools");
    assert_eq!(database.number(orphans).await, 0, "codes without a pool");

    let server = Server::start(folder.path(), &database.url);
    let reader = Actor::new(server.addr, Some(&token));
    for path in &acknowledged {
        let pool = reader.get(path).await.is(200).json();
        assert_eq!(pool["activationCodeCount"], CODES);
    }
    let stored = database.number("select count(*) from pools").await;
    assert!(stored >= i64::try_from(acknowledged.len()).expect("few"), "{stored}");
    assert_eq!(server.terminate(), 0, "a graceful end");
}

/// The paths of the pools whose creation was answered.
async fn create_until_it_dies(writer: &Actor, next: &AtomicUsize, stop_at: usize) -> Vec<String> {
    let mut paths = Vec::new();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= stop_at + 50 {
            return paths;
        }
        let codes: Vec<_> = (0..CODES).map(|i| code(number * CODES + i)).collect();
        let body = json!({ "displayName": format!("pool {number}"), "activationCodes": codes });
        let request = writer.request(reqwest::Method::POST, POOLS).json(&body);
        match Answer::try_of(request).await {
            Ok(answer) if answer.status.as_u16() == 201 => {
                let id = answer.json()["id"].as_str().expect("an id").to_owned();
                paths.push(format!("{POOLS}/{id}"));
            }
            Ok(answer) => panic!("{}", answer.text()),
            Err(_) => return paths,
        }
    }
}
