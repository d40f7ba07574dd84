//! From the start of the process to its first 201, on a database that is there.

use std::time::Instant;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};

use super::aims;
use super::bench::Bench;
use super::leg::median;
use super::paths::Path;
use super::report::{Aim, Report};
use super::server::Server;
use super::stage::{Engine, POOLS, SERVICE, Stage};

const STARTS: usize = 9;
const POOL: &str = r#"{"displayName":"First","activationCodes":[{
    "integratedCircuitCardIdentifier":"8944000000000000001","matchingIdentifier":"MATCH-1",
    "smdpPlusServerAddress":"smdp.example.com"}]}"#;

pub fn measure(bench: &Bench, _: &Path, report: &mut Report) -> Result<(), String> {
    for (engine, name) in [(Engine::Postgres, "Postgres"), (Engine::Sqlite, "SQLite")] {
        let mut stage = Stage::set(bench, engine)?;
        let token = stage.token(SERVICE)?;
        let mut all = Vec::new();
        for _ in 0..STARTS {
            stage.server.end();
            let client = reqwest::Client::new();
            let begun = Instant::now();
            let server = Server::start(stage.folder.path(), &stage.database)?;
            let create = client
                .post(format!("{}{POOLS}", server.url))
                .header(AUTHORIZATION, format!("Bearer {token}"))
                .header(CONTENT_TYPE, "application/json")
                .body(POOL);
            let answer = bench.postgres.runtime().block_on(create.send());
            let status = answer.map_err(|error| error.to_string())?.status();
            if status != reqwest::StatusCode::CREATED {
                return Err(format!("the first answer of a service that has started: {status}"));
            }
            all.push(begun.elapsed().as_secs_f64() * 1000.0);
            stage.server = server;
        }
        eprintln!("start on {name}: {all:.0?} ms");
        let what = format!("start to first 201 on {name}, the middle of {STARTS}");
        report.figure(&what, median(all), "ms", Some(Aim::AtMost(aims::START_MS)));
    }
    Ok(())
}
