//! Commands of the program that talk to a running service, and other programs.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use super::process::program;
use super::{POOLS, TestApp};

/// The program in the data folder of a service, whose issuer it asks for its tokens.
pub fn command(app: &TestApp, arguments: &[&str]) -> Command {
    command_in(app.folder.path(), app.addr, arguments)
}

pub fn command_in(folder: &Path, addr: SocketAddr, arguments: &[&str]) -> Command {
    let mut command = program();
    command.args(arguments).current_dir(folder).env("ESIMPOOL__DATA_DIR", folder);
    command.env("ESIMPOOL_SERVER", format!("http://{addr}"));
    command
}

/// Runs a command that talks to a service of this very process.
pub fn run(app: &TestApp, arguments: &[&str]) -> Output {
    tokio::task::block_in_place(|| command(app, arguments).output().expect("the program runs"))
}

pub fn data_file(app: &TestApp, name: &str, content: &str) -> String {
    let path = app.folder.path().join(name);
    fs::write(&path, content).expect("written");
    path.display().to_string()
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What a command printed.
pub fn said(output: &Output) -> String {
    text(&output.stdout) + &text(&output.stderr)
}

/// `esimpool keys rotate`, beside a server on that database.
pub fn rotate(app: &TestApp, environment: &[(&str, &str)]) -> Output {
    let mut rotate = rotation(app.folder.path(), &app.database.url);
    tokio::task::block_in_place(|| {
        rotate.envs(environment.iter().copied()).output().expect("the program runs")
    })
}

/// The same to be started.
pub fn rotation(folder: &Path, database_url: &str) -> Command {
    let mut rotate = program();
    rotate.args(["keys", "rotate"]).current_dir(folder);
    rotate.env("ESIMPOOL__DATA_DIR", folder).env("DATABASE_URL", database_url);
    rotate
}

pub fn is_installed(tool: &str) -> bool {
    let run =
        Command::new(tool).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    run.is_ok_and(|status| status.success())
}

/// The pools of the tenant that commands work for, by name.
pub async fn development_pools(app: &TestApp) -> Vec<Value> {
    let list = app.writer_of_development().get(&format!("{POOLS}?$orderby=displayName")).await;
    list.is(200).json()["value"].as_array().expect("a list").clone()
}

/// That a table is not wider than a terminal.
#[track_caller]
pub fn fits_80_columns(printed: &str) {
    assert!(printed.lines().all(|line| line.chars().count() <= 80), "{printed}");
}
