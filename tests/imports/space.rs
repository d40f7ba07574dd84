//! What an import takes of memory and of the disk, whatever its file contains.

use std::fs;
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Method;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::compression::gzip;
use crate::support::import::{
    IMPORT, carrier_file, chunk, chunked_import_head, import_counts, send_csv,
};
use crate::support::process::{Server, nameless_files, token};
use crate::support::{Actor, Answer, Database, Engine, POOLS, TestApp, cases};

cases! {
    once: [
        a_small_file_that_expands_a_thousandfold_is_refused_in_little_memory,
        a_million_rejected_lines_are_counted_in_little_memory,
        a_line_that_never_ends_takes_no_memory,
        an_import_that_finds_no_room_in_the_spool_leaves_it_to_the_next,
        an_import_leaves_the_reserve_of_the_disk_free,
        an_import_has_one_file_in_the_folder_of_the_settings,
    ],
}

const MIB: usize = 1024 * 1024;
/// What an import may take, twice: allocators keep some.
const MOST: u64 = 32 * MIB as u64;
/// More than anything here takes.
const LONG: Duration = Duration::from_mins(2);

/// The program as a process, and who may import there.
async fn process() -> (Server, Actor, TempDir) {
    let folder = crate::support::app::new_folder();
    let database = Database::create(Engine::Sqlite, folder.path()).await;
    let server = Server::start(folder.path(), &database.url);
    let token = token(folder.path(), "DeviceManagementConfiguration.ReadWrite.All");
    let writer = Actor::new(server.addr, Some(&token));
    // So that it has what every request needs.
    send_csv(&writer, &format!("{IMPORT}?dryRun=true"), carrier_file(0..1)).await.is(200);
    (server, writer, folder)
}

/// What a figure of the process' memory is, in bytes.
fn memory(server: &Server, figure: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.pid())).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix(figure)?.strip_prefix(':'));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")).expect("a figure");
    kilobytes.parse::<u64>().expect("a number") * 1024
}

async fn a_small_file_that_expands_a_thousandfold_is_refused_in_little_memory() {
    // One tenant has memory for seven.
    const AT_ONCE: u64 = 4;
    let (server, writer, _folder) = process().await;
    let mut bomb = b"smdp.example.com\n".to_vec();
    bomb.resize(16 * MIB, b'1');
    bomb.iter_mut().skip(18).step_by(2).for_each(|byte| *byte = b'\n');
    let bomb = gzip(&bomb);
    assert!(bomb.len() < 32 * 1024, "{}", bomb.len());
    let idle = memory(&server, "VmRSS");
    let send = || {
        let request = writer.request(Method::POST, IMPORT).header(CONTENT_TYPE, "text/csv");
        Answer::of(request.header(CONTENT_ENCODING, "gzip").body(bomb.clone()))
    };
    for answer in join_all((0..AT_ONCE).map(|_| send())).await {
        let message = answer.is_refused(400, "BadRequest");
        assert_eq!(
            message,
            "The compressed request body expands to more than 200 times its length, as no file of \
             codes does. Send it without Content-Encoding."
        );
    }
    let grown = memory(&server, "VmHWM").saturating_sub(idle);
    assert!(grown < AT_ONCE * MOST, "{grown}");
}

async fn a_million_rejected_lines_are_counted_in_little_memory() {
    const LINES: usize = 1_000_000;
    let (server, writer, _folder) = process().await;
    let idle = memory(&server, "VmRSS");
    let file = format!("smdp.example.com\n{}", "1\n".repeat(LINES));
    let refused = send_csv(&writer, IMPORT, file.clone()).await;
    let message = refused.is_refused(400, "ImportRejected");
    let begin = format!("{LINES} lines were rejected, and nothing was imported. Line 2: ");
    assert!(message.starts_with(&begin), "{message}");
    let report = refused.json();
    assert_eq!(import_counts(&report), [0, 0, 1_000_000]);
    let rejected = report["rejected"].as_array().expect("a list");
    let lines: Vec<_> = rejected.iter().map(|it| it["line"].clone()).collect();
    assert_eq!(lines, (2..1_002).collect::<Vec<_>>());

    // Compressed almost as much as it may be.
    let varied = (0..LINES / 100).map(|number| format!("{}\n", number * 7_919 % 10_007));
    let file = file.replacen('\n', &format!("\n{}", varied.collect::<String>()), 1);
    let request = writer.request(Method::POST, IMPORT).header(CONTENT_TYPE, "text/csv");
    let request = request.header(CONTENT_ENCODING, "gzip").body(gzip(file.as_bytes()));
    let refused = Answer::of(request).await;
    refused.is_refused(400, "ImportRejected");
    assert_eq!(import_counts(&refused.json()), [0, 0, 1_010_000]);
    let grown = memory(&server, "VmHWM").saturating_sub(idle);
    assert!(grown < MOST, "{grown}");
}

async fn a_line_that_never_ends_takes_no_memory() {
    let (server, writer, _folder) = process().await;
    let idle = memory(&server, "VmRSS");
    let file = format!("smdp.example.com\n\"{}", "x".repeat(50 * MIB));
    let refused = send_csv(&writer, IMPORT, file).await;
    let message = refused.is_refused(400, "ImportRejected");
    let begin = "1 line was rejected, and nothing was imported. Line 2: is longer than any";
    assert!(message.starts_with(begin), "{message}");
    let grown = memory(&server, "VmHWM").saturating_sub(idle);
    assert!(grown < MOST, "{grown}");
}

const NO_SPACE: &str = "The service has no space for the file at present. Nothing of it was stored. \
                        Try again later or with a smaller file, or tell the operator.";

async fn an_import_that_finds_no_room_in_the_spool_leaves_it_to_the_next() {
    // A code takes more than a hundred bytes there.
    let app = TestApp::with(Engine::Sqlite).set("imports.spool_max_bytes", MIB).start().await;
    let writer = app.writer();
    let refused = send_csv(&writer, IMPORT, carrier_file(0..20_000)).await;
    assert_eq!(refused.is_refused(507, "InsufficientStorage"), NO_SPACE);
    assert_eq!(writer.get(&format!("{POOLS}/$count")).await.text(), "0");
    assert_eq!(app.database.number("select count(*) from activation_codes").await, 0);
    let report = send_csv(&writer, IMPORT, carrier_file(0..5_000)).await.is(201).json();
    assert_eq!(import_counts(&report), [5_000, 0, 0]);
}

async fn an_import_leaves_the_reserve_of_the_disk_free() {
    let app =
        TestApp::with(Engine::Sqlite).set("imports.spool_reserve_bytes", 1_u64 << 50).start().await;
    let writer = app.writer();
    for path in [IMPORT.to_owned(), format!("{IMPORT}?dryRun=true")] {
        let refused = send_csv(&writer, &path, carrier_file(0..1)).await;
        assert_eq!(refused.is_refused(507, "InsufficientStorage"), NO_SPACE);
    }
    assert_eq!(writer.get(&format!("{POOLS}/$count")).await.text(), "0");
}

async fn an_import_has_one_file_in_the_folder_of_the_settings() {
    let other_disk = crate::support::app::new_folder();
    let app = TestApp::with(Engine::Sqlite)
        .set("imports.spool_dir", other_disk.path().display())
        .start()
        .await;
    // More codes than are compared in memory, so that they are sorted on the disk as well.
    let file = carrier_file(0..140_000);
    let (begin, rest) = file.split_at(file.len() - 100);
    let mut stalled = tokio::net::TcpStream::connect(app.addr).await.expect("a connection");
    stalled.write_all(chunked_import_head(&app).as_bytes()).await.expect("sent");
    stalled.write_all(chunk(begin).as_bytes()).await.expect("sent");
    let spooled = async {
        loop {
            let files = nameless_files(std::process::id(), other_disk.path());
            if files.iter().sum::<u64>() > 14_000_000 {
                return files.len();
            }
            tokio::task::yield_now().await;
        }
    };
    assert_eq!(tokio::time::timeout(LONG, spooled).await.expect("spooled"), 1);
    assert_eq!(nameless_files(std::process::id(), app.folder.path()), [0; 0]);
    stalled.write_all(chunk(rest).as_bytes()).await.expect("sent");
    stalled.write_all(b"0\r\n\r\n").await.expect("sent");
    let mut answer = String::new();
    stalled.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 201") && answer.contains("\"inserted\":140000,"));
    assert_eq!(nameless_files(std::process::id(), other_disk.path()), [0; 0]);
}
