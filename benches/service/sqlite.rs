//! The service on SQLite compared with the service on Postgres.

use super::bench::Bench;
use super::comparison::{Row, Subject, median_run, ratios, run_rounds};
use super::fixture::{Engine, Fixture, READ};
use super::load::{Load, Work};
use super::paths::{CLAIM, CREATE, GET, Path};
use super::report::{Report, megabytes};
use super::run::Length;
use super::targets;

const LOADS: [(&str, &str, &Load); 3] = [
    ("sqlite-create", "SQLite: create, one code", &CREATE),
    ("sqlite-get", "SQLite: get by id", &GET),
    ("sqlite-claim", "SQLite: claim from ten pools", &CLAIM),
];

pub fn measure(bench: &Bench, path: &Path, report: &mut Report) -> Result<(), String> {
    let length = Length::Seconds(bench.options.seconds.into());
    for (name, what, load) in LOADS {
        let postgres = Fixture::new(bench, Engine::Postgres)?;
        let sqlite = Fixture::new(bench, Engine::Sqlite)?;
        for fixture in [&postgres, &sqlite] {
            fixture.seed(READ)?;
            fixture.settle()?;
        }
        let (on_postgres, on_sqlite) = (Work::new(&postgres, load), Work::new(&sqlite, load));
        for connections in bench.options.connections_for(path.connections) {
            let first = Subject {
                name: "on Postgres",
                run: Box::new(|| on_postgres.served(connections, length)),
            };
            let second = Subject {
                name: "on SQLite",
                run: Box::new(|| on_sqlite.served(connections, length)),
            };
            let label = format!("{what}, {connections}");
            let rounds = run_rounds(bench.options.rounds, &label, &mut [first, second], || {
                postgres.reference()
            })?;
            let peak = on_sqlite.take_peak(sqlite.server.process());
            report.add(Row {
                path: name.to_owned(),
                what: what.to_owned(),
                connections,
                baseline: "the same on Postgres",
                subject: "on SQLite",
                ratio: ratios(&rounds, 0, 1),
                target: targets::min_ratio(name, connections),
                baseline_run: median_run(&rounds, 0),
                subject_run: median_run(&rounds, 1),
                memory_mb: Some([sqlite.idle, peak].map(megabytes)),
                rounds,
            });
        }
        report.checks(name, on_postgres.check()?);
        report.checks(name, on_sqlite.check()?);
    }
    Ok(())
}
