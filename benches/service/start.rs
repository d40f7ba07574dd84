//! The time from the start of the process to its first 201, on an existing database.

use std::time::Instant;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};

use super::bench::Bench;
use super::fixture::{Engine, Fixture, POOLS, SERVICE};
use super::paths::Path;
use super::report::{Report, Target};
use super::run::median;
use super::targets;

const STARTS: usize = 9;
const POOL: &str = r#"{"displayName":"First","activationCodes":[{
    "integratedCircuitCardIdentifier":"8944000000000000001","matchingIdentifier":"MATCH-1",
    "smdpPlusServerAddress":"smdp.example.com"}]}"#;

pub fn measure(bench: &Bench, _: &Path, report: &mut Report) -> Result<(), String> {
    for (engine, name) in [(Engine::Postgres, "Postgres"), (Engine::Sqlite, "SQLite")] {
        let what = format!("start to first 201 on {name}, median of {STARTS}");
        if let Some(before) = Fixture::before(bench, engine)? {
            report.figure(&format!("before: {what}"), median(starts(before)?), "ms", None);
        }
        let all = starts(Fixture::new(bench, engine)?)?;
        eprintln!("start on {name}: {all:.0?} ms");
        report.figure(&what, median(all), "ms", Some(Target::AtMost(targets::MAX_START_MS)));
    }
    Ok(())
}

/// The times of several starts in milliseconds.
fn starts(mut fixture: Fixture<'_>) -> Result<Vec<f64>, String> {
    let token = fixture.token(SERVICE)?;
    let mut all = Vec::new();
    for _ in 0..STARTS {
        fixture.server.end();
        let client = reqwest::Client::new();
        let start = Instant::now();
        let server = fixture.build.start(fixture.folder.path(), &fixture.database)?;
        let create = client
            .post(format!("{}{POOLS}", server.url))
            .header(AUTHORIZATION, format!("Bearer {token}"))
            .header(CONTENT_TYPE, "application/json")
            .body(POOL);
        let response = fixture.bench.postgres.runtime().block_on(create.send());
        let status = response.map_err(|error| error.to_string())?.status();
        if status != reqwest::StatusCode::CREATED {
            return Err(format!("the first response has status {status}"));
        }
        all.push(start.elapsed().as_secs_f64() * 1000.0);
        fixture.server = server;
    }
    Ok(all)
}
