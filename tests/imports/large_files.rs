//! Files of codes of the size that they may have, sent to the program as a process: what memory it
//! takes, what a broken line leaves behind, and whom a slow sender disturbs.

use std::fs;

use futures_util::{StreamExt, stream};
use reqwest::{Body, Method};
use serde_json::json;
use tokio::sync::oneshot;

use crate::support::import::{IMPORT, send_csv};
use crate::support::process::{Server, nameless_files, token};
use crate::support::{Actor, Answer, Database, Engine, POOLS, cases, code, iccid};

cases! {
    postgres: [
        a_file_of_full_size_takes_little_memory_and_is_stored_completely_or_not_at_all,
        a_client_that_stalls_midway_through_a_large_file_holds_no_transaction,
    ],
}

/// A million where `ESIMPOOL_FULL_SIZE=1` says so: that takes a minute or two.
fn full_size() -> usize {
    let full = std::env::var_os("ESIMPOOL_FULL_SIZE").is_some_and(|value| value == "1");
    if full { 1_000_000 } else { 100_000 }
}

/// The program on a database of its own, and who speaks to it.
struct Service {
    database: Database,
    writer: Actor,
    claimer: Actor,
    server: Server,
    folder: tempfile::TempDir,
}

impl Service {
    async fn start() -> Self {
        let folder = crate::support::app::new_folder();
        let database = Database::create(Engine::Postgres, folder.path()).await;
        let server = Server::start(folder.path(), &database.url);
        let actor = |permission| Actor::new(server.addr, Some(&token(folder.path(), permission)));
        let writer = actor("DeviceManagementConfiguration.ReadWrite.All");
        let claimer = actor("EmbeddedSIMActivationCode.Claim.All");
        Self { database, writer, claimer, server, folder }
    }

    async fn claim(&self, pool: &str, number: usize) {
        let body = json!({
            "deviceName": format!("device {number}"),
            "integratedCircuitCardIdentifier": iccid(number),
        });
        let claimed = self.claimer.post(&format!("{pool}/esimpool.claim"), body).await.is(201);
        let matching_id = &claimed.json()["activationCode"]["matchingIdentifier"];
        assert_eq!(*matching_id, code(number)["matchingIdentifier"]);
    }

    /// What a figure of the process' memory is, in bytes.
    fn memory(&self, figure: &str) -> u64 {
        let status = format!("/proc/{}/status", self.server.pid());
        let status = fs::read_to_string(status).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix(figure)?.strip_prefix(':'));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")).expect("a figure");
        kilobytes.parse::<u64>().expect("a number") * 1024
    }

    /// From now on the peak of the memory is counted anew.
    fn forget_the_peak(&self) {
        fs::write(format!("/proc/{}/clear_refs", self.server.pid()), "5").expect("it is ours");
    }
}

/// The lines of these numbers, made while they are sent; the line `broken` holds no matching id.
fn parts(lines: std::ops::Range<usize>, broken: Option<usize>) -> impl Iterator<Item = String> {
    const TOGETHER: usize = 1000;
    lines.clone().step_by(TOGETHER).map(move |begin| {
        let mut part = String::new();
        for line in begin..lines.end.min(begin + TOGETHER) {
            match line {
                1 => part.push_str("smdp.example.com\n"),
                line if Some(line) == broken => part.extend([&iccid(line), ",MATCH_\n"]),
                line => {
                    // The first code is on the second line.
                    let number = line - 2;
                    part.extend([&iccid(number), ",MATCH-", &format!("{number:06}"), "\n"]);
                }
            }
        }
        part
    })
}

fn body(parts: impl Iterator<Item = String> + Send + 'static) -> Body {
    Body::wrap_stream(stream::iter(parts.map(Ok::<_, std::io::Error>)))
}

async fn a_file_of_full_size_takes_little_memory_and_is_stored_completely_or_not_at_all() {
    const MOST: u64 = 64 * 1024 * 1024;
    let service = Service::start().await;
    let writer = &service.writer;
    writer.get(POOLS).await.is(200);
    let count = full_size();
    let (lines, broken) = (1..count + 2, count - 1);
    let within = |idle: u64, what: &str| {
        let peak = service.memory("VmHWM");
        assert!(peak.saturating_sub(idle) < MOST, "{what}: {idle} bytes became {peak}");
    };

    service.forget_the_peak();
    let idle = service.memory("VmRSS");
    let refused = send_csv(writer, IMPORT, body(parts(lines.clone(), Some(broken)))).await;
    let message = refused.is_refused(400, "ImportRejected");
    let place = format!("Line {broken}, column 2: ");
    let begin = format!("1 line was rejected, and nothing was imported. {place}");
    assert!(message.starts_with(&begin), "{message}");
    within(idle, "refused");
    // The log says that the file was compared with stored codes.
    for (table, expected) in [("pools", 0), ("activation_codes", 0), ("audit_events", 1)] {
        let rows = service.database.number(&format!("select count(*) from {table}")).await;
        assert_eq!(rows, expected, "{table}");
    }

    service.forget_the_peak();
    let stored = send_csv(writer, IMPORT, body(parts(lines, None))).await.is(201);
    within(idle, "stored");
    let report = stored.json();
    assert_eq!((&report["inserted"], &report["rejectedCount"]), (&json!(count), &json!(0)));
    assert_eq!(report["pool"]["activationCodeCount"], count);
    let pool = stored.header("location");
    for number in [0, count - 1] {
        service.claim(pool, number).await;
    }
}

async fn a_client_that_stalls_midway_through_a_large_file_holds_no_transaction() {
    const COUNT: usize = 100_000;
    let service = Service::start().await;
    let writer = service.writer.clone();
    let (go_on, wait) = oneshot::channel();
    let first = stream::iter(parts(1..COUNT / 2, None));
    let rest = stream::once(async move {
        wait.await.expect("it goes on");
        stream::iter(parts(COUNT / 2..COUNT + 2, None))
    });
    let file = first.chain(rest.flatten()).map(Ok::<_, std::io::Error>);
    let sending =
        tokio::spawn(async move { send_csv(&writer, IMPORT, Body::wrap_stream(file)).await });
    // A code takes more than a hundred bytes there; the last of them are still on their way.
    let spooled = || nameless_files(service.server.pid(), service.folder.path());
    while spooled().iter().sum::<u64>() < 80 * COUNT as u64 / 2 {
        assert!(!sending.is_finished(), "it waits for the rest");
        tokio::task::yield_now().await;
    }

    let other = json!({ "displayName": "other", "activationCodes": [code(COUNT)] });
    let made = service.writer.request(Method::POST, POOLS).json(&other);
    let made = Answer::of(made).await.is(201);
    service.claim(made.header("location"), COUNT).await;
    let open = "select count(*) from pg_stat_activity
                where datname = current_database() and xact_start is not null
                and pid <> pg_backend_pid()";
    assert_eq!(service.database.number(open).await, 0, "transactions that wait for the sender");
    assert!(!sending.is_finished(), "it still waits");

    go_on.send(()).expect("it waits");
    let stored = sending.await.expect("an answer").is(201);
    assert_eq!(stored.json()["inserted"], COUNT);
    for number in [0, COUNT - 1] {
        service.claim(stored.header("location"), number).await;
    }
}
