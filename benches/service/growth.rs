//! The service alone, with one tenant that grows: how do costs depend on the amount of data?

use std::time::Instant;

use super::bench::Bench;
use super::fixture::{Engine, Fixture, SERVICE};
use super::load::{Load, Work};
use super::paths::{CLAIM, CREATE, CREATED, FILTER_START, GET, LIST, Path, READ};
use super::report::Report;
use super::run::Length;

/// The number of codes in a pool of `growth.sql`.
const CODES_PER_POOL: u32 = 10_000;
/// The number of pools that one transaction creates.
const POOLS_PER_TRANSACTION: u32 = 50;
/// The number of times stock is counted; the median is reported.
const STOCK_COUNTS: u64 = 5;
/// Claims are limited to this number for each second of a run, because the smallest tenant has too few
/// codes for a run of full length.
const CLAIMS_PER_SECOND: u32 = 5000;

/// The operations whose rate is measured, reads first. The seed contributes pools and codes as well.
const RATES: [(&str, Load); 6] = [
    (FIND, FIND_BY_ICCID),
    ("get by id", GET),
    ("list of 100", LIST),
    ("filter startswith(displayName,…)", FILTER_START),
    ("claim from ten pools", CLAIM),
    ("create, one code", Load { leaves: &[(1, CREATED)], ..CREATE }),
];
/// The codes of an imported file.
const IMPORTED: usize = 10_000;
/// The operation whose slowest answers matter to a person who waits.
const FIND: &str = "find a code of any pool by its ICCID";
const FIND_BY_ICCID: Load = Load {
    path: "/beta/deviceManagement/embeddedSIMActivationCodePools/esimpool.codes\
           ?$filter=integratedCircuitCardIdentifier%20eq%20'8949############'",
    ..READ
};
/// The operations whose duration grows with the data.
const TIMED: [(&str, Load); 2] = [
    (
        "stock of a pool of 10000",
        Load {
            path: "/beta/deviceManagement/embeddedSIMActivationCodePools/\
                   5eed0000-0000-7100-8000-100000000000/esimpool.stock",
            ..READ
        },
    ),
    (
        "stock of all pools",
        Load {
            path: "/beta/deviceManagement/embeddedSIMActivationCodePools/esimpool.stock",
            ..READ
        },
    ),
];

pub fn measure(bench: &Bench, path: &Path, report: &mut Report) -> Result<(), String> {
    if bench.options.growth.is_empty() {
        return Ok(());
    }
    let fixture = Fixture::new(bench, Engine::Postgres)?;
    fixture.seed(SERVICE)?;
    let rates = RATES.each_ref().map(|(what, load)| (what, Work::of(&fixture, load, SERVICE)));
    let timed = TIMED.each_ref().map(|(what, load)| (what, Work::of(&fixture, load, SERVICE)));
    let token = fixture.token(SERVICE)?;
    let mut pools = 0;
    for &codes in &bench.options.growth {
        grow(&fixture, pools, codes / CODES_PER_POOL)?;
        pools = codes / CODES_PER_POOL;
        let mut report_value = |what: String, unit, value: f64| {
            eprintln!("{what}, with {codes} codes: {value:.0} {unit}");
            report.growth_step(what, unit, codes, value);
        };
        for (what, work) in &timed {
            let run = work.served(1, Length::Operations(STOCK_COUNTS))?;
            report_value((*what).to_string(), "ms", run.p50_ms);
        }
        let mut imports = [0.0; 3];
        for took in &mut imports {
            let began = Instant::now();
            fixture.stock(&fixture.server, &token, IMPORTED)?;
            *took = began.elapsed().as_secs_f64() * 1000.0;
        }
        imports.sort_unstable_by(f64::total_cmp);
        report_value(format!("import of {IMPORTED} codes"), "ms", imports[1]);
        // As persons ask: not so many at once that they wait for each other.
        let run = Work::of(&fixture, &FIND_BY_ICCID, SERVICE)
            .served(4, Length::Seconds(bench.options.seconds.into()))?;
        report_value(format!("{FIND}, 4 connections, p99"), "ms", run.p99_ms);
        for (what, work) in &rates {
            for connections in bench.options.connections_for(path.connections) {
                let length = match work.load.pools {
                    0 => Length::Seconds(bench.options.seconds.into()),
                    _ => Length::Operations((CLAIMS_PER_SECOND * bench.options.seconds).into()),
                };
                let run = work.served(connections, length)?;
                report_value(format!("{what}, {connections} connections"), "/s", run.per_second);
            }
        }
    }
    for (what, work) in &rates {
        report.checks(&format!("growth, {what}"), work.check()?);
    }
    Ok(())
}

/// Deletes the pools that the previous step created: so many that they would slow down filters.
const DELETE_CREATED: &str = "
    with deleted as (
      delete from pools
      where tenant_id = '{tenant}' and display_name like 'Bench pool %'
        and id < '5eed0000-0000-7000-8000-000000000000'
      returning id
    )
    , stock as (
      delete from stock_entries
      using deleted
      where tenant_id = '{tenant}' and pool_id = deleted.id
    )
    delete from activation_codes
    using deleted
    where tenant_id = '{tenant}' and pool_id = deleted.id";

/// Adds the pools with numbers from `from` to `to`, exclusive.
fn grow(fixture: &Fixture<'_>, from: u32, to: u32) -> Result<(), String> {
    fixture.execute(&DELETE_CREATED.replace("{tenant}", SERVICE))?;
    for first in (from..to).step_by(POOLS_PER_TRANSACTION as usize) {
        let last = to.min(first + POOLS_PER_TRANSACTION) - 1;
        let (first, last) = (first.to_string(), last.to_string());
        let values = [("{tenant}", SERVICE), ("{first}", &first), ("{last}", &last)];
        fixture.script("sql/growth.sql", &values)?;
        fixture.checkpoint()?;
        eprintln!("growth: pool {last} of {to}");
    }
    fixture.settle()
}
