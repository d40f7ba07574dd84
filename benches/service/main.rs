//! The service compared with bare SQL, in one command: `cargo bench`. docs/performance.md explains what
//! is measured and how to read the result.

#![expect(unreachable_pub, reason = "only this program uses them")]

mod bench;
#[path = "../../tests/support/cluster.rs"]
mod cluster;
mod comparison;
mod competitors;
mod database;
mod fixture;
mod growth;
mod hot;
#[path = "../../tests/support/iccid.rs"]
mod iccid;
mod import;
mod instructions;
mod load;
mod machine;
mod markdown;
mod operations;
mod options;
mod paths;
mod pgbench;
mod process;
mod report;
mod run;
mod server;
mod sqlite;
mod start;
mod stock;
mod targets;
mod tools;
mod vs_pgbench;
mod wrk;

use std::io::Write;
use std::process::ExitCode;

use bench::Bench;
use markdown::markdown;
use options::Options;
use paths::PATHS;
use report::Report;

fn main() -> ExitCode {
    match Options::read().and_then(benchmark) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the benchmark failed: {error}");
            ExitCode::FAILURE
        }
    }
}

fn benchmark(options: Options) -> Result<(), String> {
    if let Some(operation) = &options.operation {
        return operations::run(operation);
    }
    if options.list {
        return PATHS
            .iter()
            .try_for_each(|path| print(&format!("{:<14} {}", path.name, path.what)));
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
    print(&table)?;
    print("")?;
    for (path, found) in &report.checks {
        print(&format!("{path}: {found}"))?;
    }
    report.write(&json, &table)?;
    let markdown = json.with_extension("md");
    print(&format!("full result: {}; this table: {}", json.display(), markdown.display()))?;
    if failed.is_empty() { Ok(()) } else { Err(failed.join("; ")) }
}

fn print(line: &str) -> Result<(), String> {
    writeln!(std::io::stdout(), "{line}").map_err(|error| error.to_string())
}
