//! A carrier's file on its way into a pool, against psql's `\copy` of the very rows that it becomes.

use std::path::Path as File;
use std::process::Command;
use std::time::Instant;

use super::bench::Bench;
use super::contest::{Contender, Row, in_turn, middle, ratios};
use super::leg::{Leg, Told, Watch};
use super::paths::Path;
use super::report::{Aim, Report, megabytes};
use super::stage::{Engine, SERVICE, Stage};
use super::{aims, process};

const COLUMNS: &str = "tenant_id, pool_id, position, id, iccid, smdp_address, matching_id, key_id, \
                       fingerprint, unique_iccid, state, state_changed_at";
const POOL: &str = "5eed0000-0000-7000-8000-0000000000aa";

pub fn measure(bench: &Bench, path: &Path, report: &mut Report) -> Result<(), String> {
    let codes = bench.options.codes;
    let stage = Stage::set(bench, Engine::Postgres)?;
    let token = stage.token(SERVICE)?;
    // Rows to copy, as the service makes them.
    let model = stage.stock(&stage.server, &token, codes as usize)?;
    stage.settle()?;
    process::forget_peak(stage.server.process())?;
    let (mut copies, mut imports) = (0, 1);
    let bare = Contender {
        name: "psql",
        run: Box::new(|| {
            copies += 1;
            copy(&stage, &model, &tenant(copies), codes)
        }),
    };
    let served = Contender {
        name: "service",
        run: Box::new(|| {
            imports += 1;
            stage.checkpoint()?;
            timed(codes, &stage.watch(), || {
                stage.stock(&stage.server, &token, codes as usize).map(drop)
            })
        }),
    };
    let what = format!("{}, {codes} codes", path.what);
    let rounds = in_turn(bench.options.rounds, &what, &mut [bare, served], || stage.reference())?;
    let memory = [stage.idle, process::memory(stage.server.process()).1].map(megabytes);
    report.add(Row {
        path: path.name.to_owned(),
        what: format!("{what} (a code is an operation)"),
        connections: 1,
        limit: "psql's \\copy",
        contender: "service",
        ratio: ratios(&rounds, 0, 1),
        aim: aims::ratio(path.name, 1),
        limit_leg: middle(&rounds, 0),
        contender_leg: middle(&rounds, 1),
        memory_mb: Some(memory),
        rounds,
    });
    let beyond = Some(Aim::AtMost(aims::IMPORT_MB));
    report.figure("memory of an import beyond idle, at most", memory[1] - memory[0], "MB", beyond);
    let tenants = (1..=copies).map(|copy| (tenant(copy), 1)).chain([(SERVICE.to_owned(), imports)]);
    for (tenant, times) in tenants {
        let count = "select count(*)::float8 from activation_codes where tenant_id = {tenant}";
        let (stored, sent) = (stage.number(count, &tenant)?, f64::from(codes * times));
        if (stored - sent).abs() > 0.5 {
            return Err(format!("{tenant}: {sent} codes imported, {stored} stored"));
        }
    }
    let found = format!(
        "service {imports}, psql {copies} times {codes} codes, and found in activation_codes"
    );
    report.checks(path.name, found);
    Ok(())
}

/// ICCIDs stand once in a tenant: each copy has one of its own.
fn tenant(copy: u32) -> String {
    format!("de7e10b0-e51a-4001-9b00-0000000bb{copy:03}")
}

/// Copies the rows of a pool into another tenant, with a pool and an entry of the audit log.
fn copy(stage: &Stage<'_>, model: &str, tenant: &str, codes: u32) -> Result<Leg, String> {
    let file = stage.folder.path().join("rows");
    let rows = format!(
        "\\copy (select '{tenant}'::uuid, '{POOL}'::uuid, position, id, iccid, smdp_address, \
         matching_id, key_id, fingerprint, unique_iccid, 0, state_changed_at \
         from activation_codes where tenant_id = '{SERVICE}' and pool_id = '{model}' \
         order by position) to '{}'",
        file.display()
    );
    psql(stage, &[rows.as_str()])?;
    stage.checkpoint()?;
    let pool = format!(
        "insert into pools (tenant_id, id, display_name, display_name_folded, code_count, revision, \
         created_at, modified_at) \
         values ('{tenant}', '{POOL}', 'Stock', 'stock', {codes}, 1, now(), now())"
    );
    let rows = format!("\\copy activation_codes ({COLUMNS}) from '{}'", file.display());
    let entry = format!(
        "insert into audit_events (tenant_id, id, at, activity, operation, category, app_id, \
         request_id, resources) \
         values ('{tenant}', '{POOL}', now(), 'importPool', 'Create', 'DeviceConfiguration', \
         'de7e10b0-a44c-4001-9b00-000000000001', '{POOL}', \
         '[{{\"kind\":\"embeddedSIMActivationCodePool\",\"id\":\"{POOL}\",\"name\":\"Stock\",\
         \"changes\":[[\"activationCodeCount\",null,\"{codes}\"]]}}]')"
    );
    let watch = Watch { service: None, postgres: stage.bench.postgres.process() };
    let commands = ["begin", &pool, &rows, &entry, "commit"];
    let leg = timed(codes, &watch, || psql(stage, &commands));
    drop(std::fs::remove_file(&file));
    leg
}

fn psql(stage: &Stage<'_>, commands: &[&str]) -> Result<(), String> {
    let mut psql = Command::new(&stage.bench.tools.psql);
    psql.args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"]).arg(&stage.database);
    for command in commands {
        psql.args(["--command", command]);
    }
    let output = psql.current_dir(File::new("/")).output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("psql: {}", String::from_utf8_lossy(&output.stderr).trim()))
}

/// Something done once, with so many codes: a code counts as an operation, the time of all as
/// latency.
fn timed(
    codes: u32,
    watch: &Watch,
    run: impl FnOnce() -> Result<(), String>,
) -> Result<Leg, String> {
    let (seconds, taken) = watch.over(|| {
        let begun = Instant::now();
        run()?;
        Ok(begun.elapsed().as_secs_f64())
    })?;
    let all = seconds * 1e6;
    let told = Told { operations: codes.into(), seconds, p50_us: all, p99_us: all };
    Ok(Leg::of(told, taken))
}
