//! The circumstances of a benchmark. Ratios differ between machines.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use super::bench::Bench;
use super::run::median;

/// A description of the machine, the database and the options.
pub fn circumstances(bench: &Bench) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let mut add = |name: &str, value: String| all.push((name.to_owned(), value));
    let cpu = field("/proc/cpuinfo", "model name").unwrap_or_else(|| "?".to_owned());
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let shared = "shared by load generator, service and database";
    add("processor", format!("{cpu}, {cores} cores, {shared}"));
    add("memory", field("/proc/meminfo", "MemTotal").unwrap_or_default());
    add("system", output_of("uname", &["-sr"]));
    let version = "select current_setting('server_version_num')::float8 / 10000";
    let version = bench.postgres.number(&bench.postgres.url("postgres"), version);
    let version = version.map_or_else(|_| "?".to_owned(), |version| format!("{version:.0}"));
    let whose = if bench.options.url.is_some() { "given by --url" } else { "private" };
    add("PostgreSQL", format!("{version}, {whose}"));
    if let Some(folder) = bench.postgres.folder() {
        let folder = folder.parent().unwrap_or(folder);
        let kind = output_of("stat", &["-f", "-c", "%T", &folder.display().to_string()]);
        let micros = commit_micros(folder).map_or_else(|_| "?".to_owned(), |us| format!("{us:.0}"));
        let slow = if bench.options.slow_commits { ", and 2 ms more by commit_delay" } else { "" };
        add("disk", format!("{kind}, {micros} µs per commit (8 KiB and fdatasync){slow}"));
    }
    let options = &bench.options;
    let (rounds, seconds) = (options.rounds, options.seconds);
    add("rounds", format!("{rounds}, with runs of {seconds} s, in turn"));
    all
}

/// The median time to write 8 KiB to the disk of a folder, in microseconds.
fn commit_micros(folder: &Path) -> std::io::Result<f64> {
    let path = folder.join(format!("esimpool-bench-{}", std::process::id()));
    let mut file = File::create(&path)?;
    let mut times = Vec::new();
    for _ in 0..200 {
        let start = Instant::now();
        file.write_all(&[7; 8192])?;
        file.sync_data()?;
        times.push(start.elapsed().as_secs_f64() * 1e6);
    }
    fs::remove_file(&path)?;
    Ok(median(times))
}

/// The first field with this name in a file of /proc.
fn field(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// The standard output of a program.
fn output_of(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map_or_else(
        |_| "?".to_owned(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}
