//! The service compared with pgbench.

use super::bench::Bench;
use super::comparison::{Row, Subject, median_run, ratios, run_rounds};
use super::fixture::{Engine, Fixture, READ};
use super::load::Work;
use super::paths::Path;
use super::report::{Report, megabytes};
use super::run::Length;
use super::targets;

/// Measures a path with each number of connections.
pub fn measure(bench: &Bench, path: &Path, report: &mut Report) -> Result<(), String> {
    let fixture = Fixture::new(bench, Engine::Postgres)?;
    fixture.seed(READ)?;
    fixture.settle()?;
    let work = Work::new(&fixture, path.load);
    let length = Length::Seconds(bench.options.seconds.into());
    for connections in bench.options.connections_for(path.connections) {
        let row = compare(&work, path, connections, length, bench.options.rounds)?;
        report.add(row);
    }
    report.checks(path.name, work.check()?);
    Ok(())
}

/// Measures a path with one number of connections.
pub fn compare(
    work: &Work<'_>,
    path: &Path,
    connections: u32,
    length: Length,
    rounds: u32,
) -> Result<Row, String> {
    let bare = Subject { name: "pgbench", run: Box::new(|| work.bare(connections, length)) };
    let served = Subject { name: "service", run: Box::new(|| work.served(connections, length)) };
    let label = format!("{}, {connections}", path.what);
    let rounds = run_rounds(rounds, &label, &mut [bare, served], || work.fixture.reference())?;
    let peak = work.take_peak(work.fixture.server.process());
    Ok(Row {
        path: path.name.to_owned(),
        what: path.what.to_owned(),
        connections,
        baseline: "pgbench",
        subject: "service",
        ratio: ratios(&rounds, 0, 1),
        target: targets::min_ratio(path.name, connections),
        baseline_run: median_run(&rounds, 0),
        subject_run: median_run(&rounds, 1),
        memory_mb: Some([work.fixture.idle, peak].map(megabytes)),
        rounds,
    })
}
