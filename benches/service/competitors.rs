//! The service compared with programs that do the same on other common frameworks.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path as Folder, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use esimpool::auth::{DevelopmentIssuer, ServiceUrls};

use super::bench::Bench;
use super::comparison::{Comparison, Subject};
use super::fixture::{Engine, Fixture, PGBENCH, READ, SERVICE};
use super::load::{Load, Work};
use super::paths::{CREATE, GET, Path};
use super::report::{Report, megabytes};
use super::run::{CpuWatch, Length};
use super::tools::scripts;

const LOADS: [(&str, &str, &Load); 2] =
    [("create", "create, one code", &CREATE), ("get", "get by id", &GET)];

/// Compares the service with each program under each load.
pub fn measure(bench: &Bench, path: &Path, report: &mut Report) -> Result<(), String> {
    if !bench.options.competitors {
        return Ok(());
    }
    let home = install(bench)?;
    for (name, what, load) in LOADS {
        let fixture = Fixture::new(bench, Engine::Postgres)?;
        fixture.seed(READ)?;
        fixture.settle()?;
        let fastify = Competitor::start(&FASTIFY, &home, &fixture)?;
        let fastapi = Competitor::start(&FASTAPI, &home, &fixture)?;
        let work = Work::new(&fixture, load);
        let length = Length::Seconds(bench.options.seconds.into());
        for connections in bench.options.connections_for(path.connections) {
            let by = |competitor: &Competitor| {
                work.served_by(&competitor.url, competitor.watch(bench), connections, length)
            };
            // Let the just-in-time compiler of Node finish before the measurement.
            for competitor in [&fastify, &fastapi] {
                by(competitor)?;
            }
            let subjects = vec![
                Subject { name: FASTIFY.name, run: Box::new(|| by(&fastify)) },
                Subject { name: FASTAPI.name, run: Box::new(|| by(&fastapi)) },
                work.subject("service", connections, length),
            ];
            let rounds = bench.options.rounds;
            let compared =
                Comparison::run(name, what, connections, rounds, subjects, || fixture.reference())?;
            let peak = work.take_peak(fixture.server.process());
            compared.rows([fixture.idle, peak]).for_each(|row| report.add(row));
        }
        for competitor in [&fastify, &fastapi] {
            let peak = work.take_peak(competitor.child.id());
            report.figure(
                &format!("memory, {}, {what}", competitor.name),
                megabytes(peak),
                "MB",
                None,
            );
        }
        report.checks(&format!("competitors, all over HTTP, {what}"), work.check()?);
    }
    Ok(())
}

/// Installs the programs and their dependencies into the target folder.
fn install(bench: &Bench) -> Result<PathBuf, String> {
    let home = bench.folder.join("competitors");
    eprintln!("installing the competitors into {}", home.display());
    let installed = Command::new(scripts().join("competitors/install")).arg(&home).status();
    match installed {
        Ok(status) if status.success() => Ok(home),
        Ok(_) => {
            Err("the competitors cannot be installed; this needs python3 with pip, node and npm"
                .to_owned())
        }
        Err(error) => Err(format!("benches/competitors/install: {error}")),
    }
}

/// How to start a program.
struct Program {
    name: &'static str,
    executable: &'static str,
    arguments: &'static [&'static str],
}

const FASTIFY: Program =
    Program { name: "Fastify", executable: "node", arguments: &["program.js"] };
const FASTAPI: Program = Program {
    name: "FastAPI",
    executable: "venv/bin/python",
    arguments: &["-m", "uvicorn", "program:app", "--loop", "uvloop", "--http", "httptools"],
};

/// A running program. Dropping it ends the process.
struct Competitor {
    name: &'static str,
    child: Child,
    url: String,
}

impl Competitor {
    /// Starts a program on the fixture's database, and waits until it responds.
    fn start(program: &Program, home: &Folder, fixture: &Fixture<'_>) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("{} does not start: {error}", program.name);
        let keys = fixture.folder.path().join("keys.json");
        let (issuer, _) =
            DevelopmentIssuer::open(fixture.folder.path()).map_err(|error| error.to_string())?;
        std::fs::write(&keys, issuer.key_set().to_string()).map_err(failed)?;
        let log = File::create(fixture.folder.path().join(program.name)).map_err(failed)?;
        let port = free_port().map_err(failed)?;
        let installed = home.join(program.executable);
        let executable =
            if installed.is_file() { installed } else { PathBuf::from(program.executable) };
        let mut command = Command::new(executable);
        command.args(program.arguments);
        if program.arguments.contains(&"uvicorn") {
            command.args(["--port", &port.to_string()]);
        }
        // `esimpool token` names the issuer at the default address, whatever port the service has.
        let issuer_of = |tenant| ServiceUrls::issuer_name("http://127.0.0.1:8080", tenant);
        let issuers = [SERVICE, PGBENCH, READ].map(issuer_of);
        let (host, database) = fixture.bench.postgres.socket(&fixture.database)?;
        command
            .current_dir(home)
            .env("NODE_ENV", "production")
            .env("PORT", port.to_string())
            .env("KEYS", keys)
            .env("ISSUERS", issuers.join(" "))
            .env("AUDIENCE", DevelopmentIssuer::AUDIENCE)
            .env("PGHOST", host)
            .env("PGUSER", "postgres")
            .env("PGDATABASE", database)
            .stdin(Stdio::null())
            .stdout(log.try_clone().map_err(failed)?)
            .stderr(log);
        let child = command.spawn().map_err(failed)?;
        let mut competitor =
            Self { name: program.name, child, url: format!("http://127.0.0.1:{port}") };
        competitor.wait(fixture)?;
        Ok(competitor)
    }

    fn wait(&mut self, fixture: &Fixture<'_>) -> Result<(), String> {
        let runtime = fixture.bench.postgres.runtime();
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(30) {
            let alive = runtime.block_on(reqwest::get(format!("{}/livez", self.url)));
            if alive.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            if self.child.try_wait().is_ok_and(|ended| ended.is_some()) {
                break;
            }
            std::thread::park_timeout(Duration::from_millis(20));
        }
        let log =
            std::fs::read_to_string(fixture.folder.path().join(self.name)).unwrap_or_default();
        Err(format!("{} does not respond: {log}", self.name))
    }

    fn watch(&self, bench: &Bench) -> CpuWatch {
        CpuWatch { service: Some(self.child.id()), postgres: bench.postgres.process() }
    }
}

impl Drop for Competitor {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A port that is free at the moment.
fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
