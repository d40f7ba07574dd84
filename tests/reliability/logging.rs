//! The log of the program as a process: a reader that is too slow loses lines and delays nothing.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value;
use tempfile::TempDir;
use tokio::time::timeout;

use crate::support::process::{Server, program};
use crate::support::{Actor, Database, Engine, cases};

cases! {
    once: [
        requests_are_answered_while_the_log_is_not_read,
        a_service_whose_log_is_not_read_stops_on_a_signal,
        a_graceful_stop_writes_every_line,
    ],
}

/// More than anything here takes.
const LONG: Duration = Duration::from_mins(1);
/// Their lines are longer than a pipe and the smallest buffer together.
const REQUESTS: usize = 3_000;

/// A server whose standard error is a pipe that is not read.
async fn unread(buffer_bytes: &str) -> (Server, TempDir) {
    let folder = crate::support::app::new_folder();
    let database = Database::create(Engine::Sqlite, folder.path()).await;
    let environment =
        [("ESIMPOOL__LOG__FILTER", "info"), ("ESIMPOOL__LOG__BUFFER_BYTES", buffer_bytes)];
    let server = Server::start_unread(program(), folder.path(), &database.url, &environment);
    (server.unwrap_or_else(|error| panic!("{error}")), folder)
}

/// Sends that many requests, each of which is logged.
async fn send(server: &Server, requests: usize) {
    const AT_ONCE: usize = 10;
    let actor = Actor::new(server.addr, None);
    let all = async {
        for _ in 0..requests / AT_ONCE {
            join_all((0..AT_ONCE).map(|_| actor.get("/nowhere"))).await.into_iter().for_each(
                |answer| {
                    answer.is_refused(400, "BadRequest");
                },
            );
        }
    };
    timeout(LONG, all).await.expect("every request is answered");
}

async fn dropped(server: &Server) -> u64 {
    let metrics = server.admin_metrics().await;
    let value = metrics
        .lines()
        .find_map(|line| line.strip_prefix("esimpool_log_lines_dropped_total ")?.parse().ok());
    value.expect("a number")
}

async fn requests_are_answered_while_the_log_is_not_read() {
    let (mut server, _folder) = unread("65536").await;
    send(&server, REQUESTS).await;
    let lost = dropped(&server).await;
    assert!(lost > 0 && lost < REQUESTS as u64, "{lost}");
    // When the log is read again, it says how many lines it lacks.
    server.read_log();
    let reported = async {
        loop {
            let log = server.log();
            let said = log.lines().find(|line| line.contains("lines of the log were dropped"));
            if let Some(line) = said {
                return serde_json::from_str::<Value>(line).expect("JSON");
            }
            tokio::task::yield_now().await;
        }
    };
    let reported = timeout(LONG, reported).await.expect("it says so");
    assert_eq!(reported["lines"], lost);
    let answered = server.log().lines().filter(|line| line.contains("answered")).count();
    assert_eq!(answered as u64 + lost, REQUESTS as u64);
}

async fn a_service_whose_log_is_not_read_stops_on_a_signal() {
    let (server, _folder) = unread("65536").await;
    send(&server, REQUESTS).await;
    assert!(dropped(&server).await > 0);
    let ended = tokio::task::spawn_blocking(|| server.terminate());
    assert_eq!(timeout(LONG, ended).await.expect("it ends").expect("it was waited for"), 0);
}

async fn a_graceful_stop_writes_every_line() {
    let (server, _folder) = unread("4194304").await;
    send(&server, REQUESTS).await;
    assert_eq!(dropped(&server).await, 0);
    let log = tokio::task::spawn_blocking(|| server.end_and_read_log());
    let log = timeout(LONG, log).await.expect("it ends").expect("it was waited for");
    assert_eq!(log.lines().filter(|line| line.contains("answered")).count(), REQUESTS);
    assert!(log.lines().last().is_some_and(|line| line.contains("\"stopped\"")), "the last line");
}
