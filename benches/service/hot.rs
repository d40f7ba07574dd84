//! Many devices at one pool, until it is empty: does the last code cost more than the first?

use super::aims;
use super::bench::Bench;
use super::leg::Length;
use super::load::Work;
use super::paths::Path;
use super::report::{Aim, Report};
use super::stage::{BARE, Engine, SERVICE, Stage};
use super::versus::versus;

pub fn measure(bench: &Bench, path: &Path, report: &mut Report) -> Result<(), String> {
    let codes = u64::from(bench.options.codes);
    for connections in bench.options.connections_for(path.connections) {
        let stage = Stage::set(bench, Engine::Postgres)?;
        let work = Work::new(&stage, path.load);
        // Once: a pool is emptied once.
        let row = versus(&work, path, connections, Length::Operations(codes), 1)?;
        report.add(row);
        for (who, tenant, aim) in
            [("service", SERVICE, Some(Aim::AtLeast(aims::LAST_TENTH))), ("pgbench", BARE, None)]
        {
            let tenth = stage.number(LAST_TENTH_BY_FIRST, tenant)?;
            let what = format!(
                "hot pool of {codes}, {connections} connections, {who}: last tenth's rate by first"
            );
            report.figure(&what, tenth, "×", aim);
        }
        report.checks(path.name, work.check()?);
    }
    Ok(())
}

/// The rate of the last tenth by that of the first. Not from the very first: pgbench connects then.
const LAST_TENTH_BY_FIRST: &str = "
    with claim as (
      select
        extract(epoch from handed_out_at) as at,
        row_number() over (order by handed_out_at) as place,
        count(*) over () as all_of_them
      from handouts
      where tenant_id = {tenant}
    )
    select (
      (max(at) filter (where place = all_of_them / 100 + all_of_them / 10)
        - max(at) filter (where place = all_of_them / 100))
      / (max(at) - max(at) filter (where place = all_of_them - all_of_them / 10))
    )::float8
    from claim";
