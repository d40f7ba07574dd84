//! Under what circumstances a run was made: ratios of other machines differ.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use super::bench::Bench;
use super::leg::median;

/// The machine, the database and the options, for people.
pub fn circumstances(bench: &Bench) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let mut say = |name: &str, value: String| all.push((name.to_owned(), value));
    let cpu = field("/proc/cpuinfo", "model name").unwrap_or_else(|| "?".to_owned());
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let shared = "shared by load generator, service and database";
    say("processor", format!("{cpu}, {cores} cores, {shared}"));
    say("memory", field("/proc/meminfo", "MemTotal").unwrap_or_default());
    say("system", said("uname", &["-sr"]));
    let version = "select current_setting('server_version_num')::float8 / 10000";
    let version = bench.postgres.number(&bench.postgres.url("postgres"), version);
    let version = version.map_or_else(|_| "?".to_owned(), |version| format!("{version:.0}"));
    let whose = if bench.options.url.is_some() { "another's" } else { "its own" };
    say("PostgreSQL", format!("{version}, {whose}"));
    if let Some(folder) = bench.postgres.folder() {
        let folder = folder.parent().unwrap_or(folder);
        let kind = said("stat", &["-f", "-c", "%T", &folder.display().to_string()]);
        let micros = commit_micros(folder).map_or_else(|_| "?".to_owned(), |us| format!("{us:.0}"));
        let slow = if bench.options.slow_commits { ", and 2 ms more by commit_delay" } else { "" };
        say("disk", format!("{kind}, {micros} µs a commit (8 KiB and fdatasync){slow}"));
    }
    let options = &bench.options;
    let (rounds, seconds) = (options.rounds, options.seconds);
    say("rounds", format!("{rounds} of {seconds} s a leg, in turn"));
    all
}

/// What it takes to put 8 KiB onto the disk of a folder: the middle of many times, in microseconds.
fn commit_micros(folder: &Path) -> std::io::Result<f64> {
    let path = folder.join(format!("esimpool-bench-{}", std::process::id()));
    let mut file = File::create(&path)?;
    let mut times = Vec::new();
    for _ in 0..200 {
        let begun = Instant::now();
        file.write_all(&[7; 8192])?;
        file.sync_data()?;
        times.push(begun.elapsed().as_secs_f64() * 1e6);
    }
    fs::remove_file(&path)?;
    Ok(median(times))
}

/// The first field of that name in one of Linux' lists.
fn field(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// What a program says on standard output.
fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map_or_else(
        |_| "?".to_owned(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}
