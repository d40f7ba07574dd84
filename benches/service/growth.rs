//! The service alone, on one tenant that grows: what do operations cost when there is more of all?

use super::bench::Bench;
use super::leg::Length;
use super::load::{Load, Work};
use super::paths::{CLAIM, CREATE, CREATED, FILTER_START, GET, LIST, Path, READ};
use super::report::Report;
use super::stage::{Engine, SERVICE, Stage};

/// How many codes a pool of `growth.sql` has.
const A_POOL: u32 = 10_000;
/// How many pools one transaction makes.
const CHUNK: u32 = 50;
/// How often stock is counted; the middle one is told.
const COUNTS: u64 = 5;
/// So many claims for each second of a leg: a leg of its own length would need more codes than the
/// tenant has at first.
const CLAIMS: u32 = 5000;

/// What is asked over and over, those first that leave nothing. Pools and codes are the seed's, too.
const RATES: [(&str, Load); 5] = [
    ("get by id", GET),
    ("list of 100", LIST),
    ("filter startswith(displayName,…)", FILTER_START),
    ("claim from ten pools", CLAIM),
    ("create, one code", Load { leaves: &[(1, CREATED)], ..CREATE }),
];
/// What takes longer the more there is.
const COUNTED: [(&str, Load); 2] = [
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
    let stage = Stage::set(bench, Engine::Postgres)?;
    stage.seed(SERVICE)?;
    let rates = RATES.each_ref().map(|(what, load)| (what, Work::of(&stage, load, SERVICE)));
    let counted = COUNTED.each_ref().map(|(what, load)| (what, Work::of(&stage, load, SERVICE)));
    let mut pools = 0;
    for &codes in &bench.options.growth {
        grow(&stage, pools, codes / A_POOL)?;
        pools = codes / A_POOL;
        let mut found = |what: String, unit, value: f64| {
            eprintln!("{what}, with {codes} codes: {value:.0} {unit}");
            report.grown(what, unit, codes, value);
        };
        for (what, work) in &counted {
            let leg = work.served(1, Length::Operations(COUNTS))?;
            found((*what).to_string(), "ms", leg.p50_ms);
        }
        for (what, work) in &rates {
            for connections in bench.options.connections_for(path.connections) {
                let length = match work.load.pools {
                    0 => Length::Seconds(bench.options.seconds.into()),
                    _ => Length::Operations((CLAIMS * bench.options.seconds).into()),
                };
                let leg = work.served(connections, length)?;
                found(format!("{what}, {connections} connections"), "/s", leg.per_second);
            }
        }
    }
    for (what, work) in &rates {
        report.checks(&format!("growth, {what}"), work.check()?);
    }
    Ok(())
}

/// What the step before created: pools of one code, so many that a filter would notice.
const CREATED_BEFORE: &str = "
    with gone as (
      delete from pools
      where tenant_id = '{tenant}' and display_name like 'Bench pool %'
        and id < '5eed0000-0000-7000-8000-000000000000'
      returning id
    )
    delete from activation_codes
    using gone
    where tenant_id = '{tenant}' and pool_id = gone.id";

/// More pools, from one number to before the other.
fn grow(stage: &Stage<'_>, from: u32, to: u32) -> Result<(), String> {
    stage.execute(&CREATED_BEFORE.replace("{tenant}", SERVICE))?;
    for first in (from..to).step_by(CHUNK as usize) {
        let last = to.min(first + CHUNK) - 1;
        let (first, last) = (first.to_string(), last.to_string());
        let values = [("{tenant}", SERVICE), ("{first}", &first), ("{last}", &last)];
        stage.script("sql/growth.sql", &values)?;
        stage.checkpoint()?;
        eprintln!("growth: pool {last} of {to}");
    }
    stage.settle()
}
