//! The service against what bare SQL could do, in one command: `cargo bench`. docs/performance.md
//! says what it measures and how to read the result.

#![expect(unreachable_pub, reason = "nobody but this program uses them")]

mod aims;
mod bench;
#[path = "../../tests/support/cluster.rs"]
mod cluster;
mod contest;
mod database;
mod growth;
mod hot;
#[path = "../../tests/support/iccid.rs"]
mod iccid;
mod import;
mod instructions;
mod leg;
mod load;
mod machine;
mod markdown;
mod operations;
mod options;
mod paths;
mod peers;
mod pgbench;
mod process;
mod report;
mod server;
mod sqlite;
mod stage;
mod start;
mod stock;
mod tools;
mod versus;
mod wrk;

use std::io::Write;
use std::process::ExitCode;

use bench::Bench;
use markdown::markdown;
use options::Options;
use paths::PATHS;
use report::Report;

fn main() -> ExitCode {
    match Options::read().and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the benchmark failed: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: Options) -> Result<(), String> {
    if let Some(operation) = &options.operation {
        return operations::run(operation);
    }
    if options.list {
        return PATHS.iter().try_for_each(|path| say(&format!("{:<14} {}", path.name, path.what)));
    }
    let json = options.json.clone().unwrap_or_else(|| bench::folder().join("service.json"));
    let bench = Bench::start(options)?;
    let mut report = Report { circumstances: machine::circumstances(&bench), ..Report::default() };
    let mut failed = Vec::new();
    for path in PATHS.iter().filter(|path| bench.options.wants(path.name)) {
        if let Err(error) = (path.measure)(&bench, path, &mut report) {
            eprintln!("{error}");
            failed.push(error);
        }
    }
    let table = markdown(&report);
    say(&table)?;
    say("")?;
    for (path, found) in &report.checks {
        say(&format!("{path}: {found}"))?;
    }
    report.write(&json, &table)?;
    let beside = json.with_extension("md");
    say(&format!("all of it in {}, this table in {}", json.display(), beside.display()))?;
    if failed.is_empty() { Ok(()) } else { Err(failed.join("; ")) }
}

fn say(text: &str) -> Result<(), String> {
    writeln!(std::io::stdout(), "{text}").map_err(|error| error.to_string())
}
