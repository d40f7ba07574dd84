//! Many devices claim from one pool until it is empty: does the last code cost more than the first?

use super::bench::Bench;
use super::fixture::{Engine, Fixture, PGBENCH, SERVICE};
use super::load::Work;
use super::paths::Path;
use super::report::{Report, Target};
use super::run::Length;
use super::targets;
use super::vs_pgbench::compare;

pub fn measure(bench: &Bench, path: &Path, report: &mut Report) -> Result<(), String> {
    let codes = u64::from(bench.options.codes);
    for connections in bench.options.connections_for(path.connections) {
        let fixture = Fixture::new(bench, Engine::Postgres)?;
        let work = Work::new(&fixture, path.load);
        // One round only, because a pool can be emptied only once.
        compare(&work, None, path, connections, Length::Operations(codes), 1, report)?;
        for (who, tenant, target) in [
            ("service", SERVICE, Some(Target::AtLeast(targets::MIN_LAST_TENTH_RATIO))),
            ("pgbench", PGBENCH, None),
        ] {
            let tenth = fixture.number(LAST_TENTH_RATIO, tenant)?;
            let what = format!(
                "hot pool of {codes}, {connections} connections, {who}: rate of the last tenth by the first"
            );
            report.figure(&what, tenth, "×", target);
        }
        report.checks(path.name, work.check()?);
    }
    Ok(())
}

/// The ratio of the rate of the last tenth to that of the first. The first hundredth is skipped, because
/// pgbench connects then.
const LAST_TENTH_RATIO: &str = "
    with claim as (
      select
        extract(epoch from handed_out_at) as at,
        row_number() over (order by handed_out_at) as position,
        count(*) over () as total
      from handouts
      where tenant_id = {tenant}
    )
    select (
      (max(at) filter (where position = total / 100 + total / 10)
        - max(at) filter (where position = total / 100))
      / (max(at) - max(at) filter (where position = total - total / 10))
    )::float8
    from claim";
