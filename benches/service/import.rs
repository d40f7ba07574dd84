//! The import of a carrier's file, compared with psql's `\copy` of the resulting rows.

use std::path::Path as File;
use std::process::Command;
use std::time::Instant;

use super::bench::Bench;
use super::comparison::{Comparison, Subject};
use super::fixture::{Engine, Fixture, SERVICE};
use super::paths::Path;
use super::report::{Report, Target, megabytes};
use super::run::{CpuWatch, LoadResult, Run};
use super::{process, targets};

const COLUMNS: &str = "tenant_id, pool_id, position, id, iccid, smdp_address, matching_id, key_id, \
                       fingerprint, unique_iccid, state, state_changed_at";
const POOL: &str = "5eed0000-0000-7000-8000-0000000000aa";

pub fn measure(bench: &Bench, path: &Path, report: &mut Report) -> Result<(), String> {
    let codes = bench.options.codes;
    let fixture = Fixture::new(bench, Engine::Postgres)?;
    let token = fixture.token(SERVICE)?;
    // The rows to copy, as the service stores them.
    let model = fixture.stock(&fixture.server, &token, codes as usize)?;
    fixture.settle()?;
    process::reset_peak(fixture.server.process())?;
    let before = Fixture::before(bench, Engine::Postgres)?;
    let (mut copies, mut imports) = (0, 1);
    let served = |fixture: &Fixture<'_>| {
        let token = fixture.token(SERVICE)?;
        fixture.checkpoint()?;
        timed(codes, &fixture.watch(), || {
            fixture.stock(&fixture.server, &token, codes as usize).map(drop)
        })
    };
    let bare = Subject {
        name: "psql's \\copy",
        run: Box::new(|| {
            copies += 1;
            copy(&fixture, &model, &tenant(copies), codes)
        }),
    };
    let before = before
        .as_ref()
        .map(|fixture| Subject { name: "before", run: Box::new(|| served(fixture)) });
    let served = Subject {
        name: "service",
        run: Box::new(|| {
            imports += 1;
            served(&fixture)
        }),
    };
    let what = format!("{}, {codes} codes (one operation per code)", path.what);
    let subjects = [bare].into_iter().chain(before).chain([served]).collect();
    let compared = Comparison::run(path.name, what, 1, bench.options.rounds, subjects, || {
        fixture.reference()
    })?;
    let memory = [fixture.idle, process::memory(fixture.server.process()).1];
    compared.rows(memory).for_each(|row| report.add(row));
    let memory = memory.map(megabytes);
    let target = Some(Target::AtMost(targets::MAX_IMPORT_MB));
    report.figure("peak memory of an import beyond idle", memory[1] - memory[0], "MB", target);
    let tenants = (1..=copies).map(|copy| (tenant(copy), 1)).chain([(SERVICE.to_owned(), imports)]);
    for (tenant, times) in tenants {
        let count = "select count(*)::float8 from activation_codes where tenant_id = {tenant}";
        let (stored, sent) = (fixture.number(count, &tenant)?, f64::from(codes * times));
        if (stored - sent).abs() > 0.5 {
            return Err(format!("{tenant}: {sent} codes imported, {stored} stored"));
        }
    }
    let checked = format!(
        "service {imports}, psql {copies} times {codes} codes, all found in activation_codes"
    );
    report.checks(path.name, checked);
    Ok(())
}

/// ICCIDs are unique within a tenant, so each copy gets a tenant of its own.
fn tenant(copy: u32) -> String {
    format!("de7e10b0-e51a-4001-9b00-0000000bb{copy:03}")
}

/// Copies the rows of a pool into another tenant, with a pool and an audit event.
fn copy(fixture: &Fixture<'_>, model: &str, tenant: &str, codes: u32) -> Result<Run, String> {
    let file = fixture.folder.path().join("rows");
    let rows = format!(
        "\\copy (select '{tenant}'::uuid, '{POOL}'::uuid, position, id, iccid, smdp_address, \
         matching_id, key_id, fingerprint, unique_iccid, 0, state_changed_at \
         from activation_codes where tenant_id = '{SERVICE}' and pool_id = '{model}' \
         order by position) to '{}'",
        file.display()
    );
    psql(fixture, &[rows.as_str()])?;
    fixture.checkpoint()?;
    let pool = format!(
        "insert into pools (tenant_id, id, display_name, display_name_folded, code_count, revision, \
         created_at, modified_at) \
         values ('{tenant}', '{POOL}', 'Stock', 'stock', {codes}, 1, now(), now())"
    );
    let rows = format!("\\copy activation_codes ({COLUMNS}) from '{}'", file.display());
    let entry = format!(
        "insert into audit_events (tenant_id, id, at, activity, operation, category, app_id, \
         request_id, resources, pool_id) \
         values ('{tenant}', '{POOL}', now(), 'importPool', 'Create', 'DeviceConfiguration', \
         'de7e10b0-a44c-4001-9b00-000000000001', '{POOL}', \
         '[{{\"kind\":\"embeddedSIMActivationCodePool\",\"id\":\"{POOL}\",\"name\":\"Stock\",\
         \"changes\":[[\"activationCodeCount\",null,\"{codes}\"]]}}]', '{POOL}')"
    );
    let watch = CpuWatch { service: None, postgres: fixture.bench.postgres.process() };
    let commands = ["begin", &pool, &rows, &entry, "commit"];
    let run = timed(codes, &watch, || psql(fixture, &commands));
    drop(std::fs::remove_file(&file));
    run
}

fn psql(fixture: &Fixture<'_>, commands: &[&str]) -> Result<(), String> {
    let mut psql = Command::new(&fixture.bench.tools.psql);
    psql.args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"]).arg(&fixture.database);
    for command in commands {
        psql.args(["--command", command]);
    }
    let output = psql.current_dir(File::new("/")).output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("psql: {}", String::from_utf8_lossy(&output.stderr).trim()))
}

/// Measures one execution for a number of codes. Each code counts as an operation, and the total time
/// as the latency.
fn timed(
    codes: u32,
    watch: &CpuWatch,
    run: impl FnOnce() -> Result<(), String>,
) -> Result<Run, String> {
    let (seconds, taken) = watch.over(|| {
        let start = Instant::now();
        run()?;
        Ok(start.elapsed().as_secs_f64())
    })?;
    let micros = seconds * 1e6;
    let result = LoadResult { operations: codes.into(), seconds, p50_us: micros, p99_us: micros };
    Ok(Run::of(result, taken))
}
