//! Stopping the service: load balancers are told first, and no request is lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::support::data_folder::data_folder;
use crate::support::process::Server;
use crate::support::{Actor, Database, Engine, cases};

cases! {
    once: [
        requests_are_taken_while_it_is_said_that_the_service_stops,
        a_second_signal_ends_it_at_once,
    ],
}

async fn server(drain: &str) -> (Server, tempfile::TempDir) {
    let folder = data_folder();
    let database = Database::create(Engine::Sqlite, folder.path()).await;
    let drain = [("ESIMPOOL__SERVER__DRAIN", drain)];
    let server = Server::try_start(folder.path(), &database.url, &drain).expect("it starts");
    (server, folder)
}

/// Asks until the service says that it stops.
async fn says_that_it_stops(caller: &Actor) {
    let begun = Instant::now();
    while caller.get("/readyz").await.status.as_u16() == 200 {
        assert!(begun.elapsed() < Duration::from_secs(30), "it never says so");
    }
}

async fn requests_are_taken_while_it_is_said_that_the_service_stops() {
    let (server, _folder) = server("3").await;
    let caller = Actor::new(server.addr, None);
    let kept_open = caller.get("/livez").await.is(200);
    assert_ne!(kept_open.header("connection"), "close");
    let told = Arc::new(AtomicBool::new(false));
    // As a balancer does: as long as the service has not said that it stops, requests are sent to it.
    let callers: Vec<_> = (0..8)
        .map(|_| {
            let (caller, told) = (Actor::new(server.addr, None), told.clone());
            tokio::spawn(async move {
                let mut sent = 0;
                while !told.load(Ordering::Relaxed) {
                    caller.get("/livez").await.is(200);
                    sent += 1;
                }
                sent
            })
        })
        .collect();
    server.signal();
    says_that_it_stops(&caller).await;
    let late = caller.get("/livez").await.is(200);
    assert_eq!(late.header("connection"), "close");
    told.store(true, Ordering::Relaxed);
    for caller in callers {
        assert!(caller.await.expect("no request was lost") > 0);
    }
    let ended = tokio::task::spawn_blocking(move || server.wait());
    let ended = tokio::time::timeout(Duration::from_secs(30), ended).await;
    assert_eq!(ended.expect("in time").expect("it was waited for"), 0);
}

async fn a_second_signal_ends_it_at_once() {
    let (server, _folder) = server("3600").await;
    server.signal();
    says_that_it_stops(&Actor::new(server.addr, None)).await;
    server.signal();
    let ended = tokio::task::spawn_blocking(move || server.wait());
    let ended = tokio::time::timeout(Duration::from_secs(30), ended).await;
    assert_eq!(ended.expect("long before an hour").expect("it was waited for"), 1);
}
