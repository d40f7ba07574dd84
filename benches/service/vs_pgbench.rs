//! The service compared with pgbench, and with an earlier build.

use super::bench::Bench;
use super::comparison::{Comparison, Subject};
use super::fixture::{Engine, Fixture, READ};
use super::load::Work;
use super::paths::Path;
use super::report::Report;
use super::run::Length;

/// Measures a path with each number of connections.
pub fn measure(bench: &Bench, path: &Path, report: &mut Report) -> Result<(), String> {
    let fixture = Fixture::new(bench, Engine::Postgres)?;
    let before = Fixture::before(bench, Engine::Postgres)?;
    for fixture in before.iter().chain([&fixture]) {
        fixture.seed(READ)?;
        fixture.settle()?;
    }
    let work = Work::new(&fixture, path.load);
    let before = before.as_ref().map(|fixture| Work::new(fixture, path.load));
    let length = Length::Seconds(bench.options.seconds.into());
    for connections in bench.options.connections_for(path.connections) {
        compare(&work, before.as_ref(), path, connections, length, bench.options.rounds, report)?;
    }
    for work in before.iter().chain([&work]) {
        report.checks(path.name, work.check()?);
    }
    Ok(())
}

/// Measures a path with one number of connections.
pub fn compare(
    work: &Work<'_>,
    before: Option<&Work<'_>>,
    path: &Path,
    connections: u32,
    length: Length,
    rounds: u32,
    report: &mut Report,
) -> Result<(), String> {
    let bare = Subject { name: "pgbench", run: Box::new(|| work.bare(connections, length)) };
    let before = before.map(|before| before.subject("before", connections, length));
    let subjects = [bare]
        .into_iter()
        .chain(before)
        .chain([work.subject("service", connections, length)])
        .collect();
    let compared = Comparison::run(path.name, path.what, connections, rounds, subjects, || {
        work.fixture.reference()
    })?;
    let peak = work.take_peak(work.fixture.server.process());
    compared.rows([work.fixture.idle, peak]).for_each(|row| report.add(row));
    Ok(())
}
