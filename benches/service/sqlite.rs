//! The service on SQLite against the service on Postgres.

use super::aims;
use super::bench::Bench;
use super::contest::{Contender, Row, in_turn, middle, ratios};
use super::leg::Length;
use super::load::{Load, Work};
use super::paths::{CLAIM, CREATE, GET, Path};
use super::report::{Report, megabytes};
use super::stage::{Engine, READ, Stage};

/// SQLite is not seeded: what is read is what nobody has.
const LOADS: [(&str, &str, &Load); 3] = [
    ("sqlite-create", "SQLite: create, one code", &CREATE),
    ("sqlite-get", "SQLite: get by id", &GET),
    ("sqlite-claim", "SQLite: claim from ten pools", &CLAIM),
];

pub fn measure(bench: &Bench, path: &Path, report: &mut Report) -> Result<(), String> {
    let length = Length::Seconds(bench.options.seconds.into());
    for (name, what, load) in LOADS {
        let postgres = Stage::set(bench, Engine::Postgres)?;
        let sqlite = Stage::set(bench, Engine::Sqlite)?;
        for stage in [&postgres, &sqlite] {
            stage.seed(READ)?;
            stage.settle()?;
        }
        let (on_postgres, on_sqlite) = (Work::new(&postgres, load), Work::new(&sqlite, load));
        for connections in bench.options.connections_for(path.connections) {
            let first = Contender {
                name: "on Postgres",
                run: Box::new(|| on_postgres.served(connections, length)),
            };
            let second = Contender {
                name: "on SQLite",
                run: Box::new(|| on_sqlite.served(connections, length)),
            };
            let label = format!("{what}, {connections}");
            let rounds = in_turn(bench.options.rounds, &label, &mut [first, second], || {
                postgres.reference()
            })?;
            let peak = on_sqlite.take_peak(sqlite.server.process());
            report.add(Row {
                path: name.to_owned(),
                what: what.to_owned(),
                connections,
                limit: "the same on Postgres",
                contender: "on SQLite",
                ratio: ratios(&rounds, 0, 1),
                aim: aims::ratio(name, connections),
                limit_leg: middle(&rounds, 0),
                contender_leg: middle(&rounds, 1),
                memory_mb: Some([sqlite.idle, peak].map(megabytes)),
                rounds,
            });
        }
        report.checks(name, on_postgres.check()?);
        report.checks(name, on_sqlite.check()?);
    }
    Ok(())
}
