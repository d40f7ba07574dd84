//! The service on SQLite compared with the service on Postgres.

use super::bench::Bench;
use super::comparison::Comparison;
use super::fixture::{Engine, Fixture, READ};
use super::load::{Load, Work};
use super::paths::{CLAIM, CREATE, GET, Path};
use super::report::Report;
use super::run::Length;

const LOADS: [(&str, &str, &Load); 3] = [
    ("sqlite-create", "SQLite: create, one code", &CREATE),
    ("sqlite-get", "SQLite: get by id", &GET),
    ("sqlite-claim", "SQLite: claim from ten pools", &CLAIM),
];

pub fn measure(bench: &Bench, path: &Path, report: &mut Report) -> Result<(), String> {
    let length = Length::Seconds(bench.options.seconds.into());
    for (name, what, load) in LOADS {
        let postgres = Fixture::new(bench, Engine::Postgres)?;
        let before = Fixture::before(bench, Engine::Sqlite)?;
        let sqlite = Fixture::new(bench, Engine::Sqlite)?;
        let fixtures = [
            ("the same on Postgres", Some(&postgres)),
            ("before", before.as_ref()),
            ("on SQLite", Some(&sqlite)),
        ];
        let works = fixtures
            .into_iter()
            .filter_map(|(name, fixture)| Some((name, Work::new(fixture?, load))));
        let works: Vec<_> = works.collect();
        for (_, work) in &works {
            work.fixture.seed(READ)?;
            work.fixture.settle()?;
        }
        for connections in bench.options.connections_for(path.connections) {
            let subjects = works.iter().map(|(name, work)| work.subject(name, connections, length));
            let rounds = bench.options.rounds;
            let compared =
                Comparison::run(name, what, connections, rounds, subjects.collect(), || {
                    postgres.reference()
                })?;
            let process = sqlite.server.process();
            let peak = works.iter().map(|(_, work)| work.take_peak(process)).max();
            let memory = [sqlite.idle, peak.unwrap_or_default()];
            compared.rows(memory).for_each(|row| report.add(row));
        }
        for (_, work) in &works {
            report.checks(name, work.check()?);
        }
    }
    Ok(())
}
