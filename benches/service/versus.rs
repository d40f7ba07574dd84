//! The service against pgbench.

use super::aims;
use super::bench::Bench;
use super::contest::{Contender, Row, in_turn, middle, ratios};
use super::leg::Length;
use super::load::Work;
use super::paths::Path;
use super::report::{Report, megabytes};
use super::stage::{Engine, READ, Stage};

/// A path, with as many connections as it is to be measured with.
pub fn measure(bench: &Bench, path: &Path, report: &mut Report) -> Result<(), String> {
    let stage = Stage::set(bench, Engine::Postgres)?;
    stage.seed(READ)?;
    stage.settle()?;
    let work = Work::new(&stage, path.load);
    let length = Length::Seconds(bench.options.seconds.into());
    for connections in bench.options.connections_for(path.connections) {
        let row = versus(&work, path, connections, length, bench.options.rounds)?;
        report.add(row);
    }
    report.checks(path.name, work.check()?);
    Ok(())
}

/// A row of the result.
pub fn versus(
    work: &Work<'_>,
    path: &Path,
    connections: u32,
    length: Length,
    rounds: u32,
) -> Result<Row, String> {
    let bare = Contender { name: "pgbench", run: Box::new(|| work.bare(connections, length)) };
    let served = Contender { name: "service", run: Box::new(|| work.served(connections, length)) };
    let label = format!("{}, {connections}", path.what);
    let rounds = in_turn(rounds, &label, &mut [bare, served], || work.stage.reference())?;
    let peak = work.take_peak(work.stage.server.process());
    Ok(Row {
        path: path.name.to_owned(),
        what: path.what.to_owned(),
        connections,
        limit: "pgbench",
        contender: "service",
        ratio: ratios(&rounds, 0, 1),
        aim: aims::ratio(path.name, connections),
        limit_leg: middle(&rounds, 0),
        contender_leg: middle(&rounds, 1),
        memory_mb: Some([work.stage.idle, peak].map(megabytes)),
        rounds,
    })
}
