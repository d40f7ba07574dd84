//! The limits that the system sets the process.

use std::fs;

use crate::support::cases;
use crate::support::data_folder::data_folder;
use crate::support::process::{Server, shell};

cases! {
    once: [
        the_service_opens_as_many_files_as_it_may_and_dumps_no_core,
        core_dumps_can_be_allowed,
        limits_that_are_as_they_should_be_stay_so,
    ],
}

/// A shell with low limits that becomes the service.
const LOW: &str = r#"ulimit -S -n 300; ulimit -S -c "$(ulimit -H -c)"; exec "$0""#;

/// A server whose process began with low limits.
fn start(script: &str, environment: &[(&str, &str)]) -> (tempfile::TempDir, Server) {
    let folder = data_folder();
    let url = format!("sqlite://{}/x.db", folder.path().display());
    let server = Server::start_by(shell(script), folder.path(), &url, environment);
    (folder, server.expect("it starts"))
}

/// The soft and the hard limit of a process.
fn limits(server: &Server, what: &str) -> [String; 2] {
    let all = fs::read_to_string(format!("/proc/{}/limits", server.pid())).expect("it runs");
    let line = all.lines().find_map(|line| line.strip_prefix(what)).expect("a limit");
    let mut columns = line.split_whitespace().map(str::to_owned);
    [columns.next().expect("a soft limit"), columns.next().expect("a hard limit")]
}

async fn the_service_opens_as_many_files_as_it_may_and_dumps_no_core() {
    let (_folder, server) = start(LOW, &[]);
    let [soft, hard] = limits(&server, "Max open files");
    assert!(soft == hard && soft != "300", "{soft} of {hard}");
    let [soft, hard] = limits(&server, "Max core file size");
    assert_eq!(soft, "0", "of {hard}");
}

async fn core_dumps_can_be_allowed() {
    let (_folder, server) = start(LOW, &[("ESIMPOOL__SERVER__CORE_DUMPS", "true")]);
    let [soft, hard] = limits(&server, "Max core file size");
    assert_eq!(soft, hard);
}

async fn limits_that_are_as_they_should_be_stay_so() {
    // Nothing is left to raise or to lower.
    let (_folder, server) = start("ulimit -n 300; ulimit -c 0; exec \"$0\"", &[]);
    assert_eq!(limits(&server, "Max open files"), ["300", "300"]);
    assert_eq!(limits(&server, "Max core file size"), ["0", "0"]);
    let log = server.end_and_read_log();
    assert!(!log.contains("limit of"), "{log}");
}
