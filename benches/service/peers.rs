//! Programs that do the same with what others write such services in: how they compare.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path as Folder, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use esimpool::auth::DevelopmentIssuer;

use super::aims;
use super::bench::Bench;
use super::contest::{Contender, Row, in_turn, middle, ratios};
use super::leg::{Length, Watch};
use super::load::{Load, Work};
use super::paths::{CREATE, GET, Path};
use super::report::{Report, megabytes};
use super::stage::{Engine, READ, Stage};
use super::tools::scripts;

const LOADS: [(&str, &str, &Load); 2] =
    [("create", "create, one code", &CREATE), ("get", "get by id", &GET)];

/// Each load by each program and by the service, in turn.
pub fn measure(bench: &Bench, path: &Path, report: &mut Report) -> Result<(), String> {
    if !bench.options.peers {
        return Ok(());
    }
    let home = install(bench)?;
    for (name, what, load) in LOADS {
        let stage = Stage::set(bench, Engine::Postgres)?;
        stage.seed(READ)?;
        stage.settle()?;
        let fastify = Peer::start(&FASTIFY, &home, &stage)?;
        let fastapi = Peer::start(&FASTAPI, &home, &stage)?;
        let work = Work::new(&stage, load);
        let length = Length::Seconds(bench.options.seconds.into());
        for connections in bench.options.connections_for(path.connections) {
            let by =
                |peer: &Peer| work.served_by(&peer.url, peer.watch(bench), connections, length);
            // Node compiles what runs often: that is not what is to be measured.
            for peer in [&fastify, &fastapi] {
                by(peer)?;
            }
            let mut contenders = [
                Contender { name: FASTIFY.name, run: Box::new(|| by(&fastify)) },
                Contender { name: FASTAPI.name, run: Box::new(|| by(&fastapi)) },
                Contender { name: "service", run: Box::new(|| work.served(connections, length)) },
            ];
            let label = format!("{what}, {connections}");
            let rounds =
                in_turn(bench.options.rounds, &label, &mut contenders, || stage.reference())?;
            let peak = work.take_peak(stage.server.process());
            for (place, peer) in [&FASTIFY, &FASTAPI].into_iter().enumerate() {
                let path = format!("{name}-{}", peer.name.to_lowercase());
                report.add(Row {
                    what: what.to_owned(),
                    connections,
                    limit: peer.name,
                    contender: "service",
                    ratio: ratios(&rounds, place, 2),
                    aim: aims::ratio(&path, connections),
                    limit_leg: middle(&rounds, place),
                    contender_leg: middle(&rounds, 2),
                    memory_mb: Some([stage.idle, peak].map(megabytes)),
                    rounds: rounds.clone(),
                    path,
                });
            }
        }
        for peer in [&fastify, &fastapi] {
            let peak = work.take_peak(peer.child.id());
            report.figure(&format!("memory, {}, {what}", peer.name), megabytes(peak), "MB", None);
        }
        report.checks(&format!("peers, all by HTTP, {what}"), work.check()?);
    }
    Ok(())
}

/// Puts the programs and what they stand on into the target folder.
fn install(bench: &Bench) -> Result<PathBuf, String> {
    let home = bench.folder.join("peers");
    eprintln!("installing the peers into {}", home.display());
    let installed = Command::new(scripts().join("peers/install")).arg(&home).status();
    match installed {
        Ok(status) if status.success() => Ok(home),
        Ok(_) => Err("the peers cannot be installed: python3 with pip, node and npm?".to_owned()),
        Err(error) => Err(format!("benches/peers/install: {error}")),
    }
}

/// How a program is started.
struct Kind {
    name: &'static str,
    program: &'static str,
    arguments: &'static [&'static str],
}

const FASTIFY: Kind = Kind { name: "Fastify", program: "node", arguments: &["program.js"] };
const FASTAPI: Kind = Kind {
    name: "FastAPI",
    program: "venv/bin/python",
    arguments: &["-m", "uvicorn", "program:app", "--loop", "uvloop", "--http", "httptools"],
};

/// A program that runs. It ends with this value.
struct Peer {
    name: &'static str,
    child: Child,
    url: String,
}

impl Peer {
    /// Starts one process of it on the stage's database, and waits until it answers.
    fn start(kind: &Kind, home: &Folder, stage: &Stage<'_>) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("{} does not start: {error}", kind.name);
        let keys = stage.folder.path().join("keys.json");
        let (issuer, _) =
            DevelopmentIssuer::open(stage.folder.path()).map_err(|error| error.to_string())?;
        std::fs::write(&keys, issuer.key_set().to_string()).map_err(failed)?;
        let log = File::create(stage.folder.path().join(kind.name)).map_err(failed)?;
        let port = free_port().map_err(failed)?;
        let inside = home.join(kind.program);
        let program = if inside.is_file() { inside } else { PathBuf::from(kind.program) };
        let mut command = Command::new(program);
        command.args(kind.arguments);
        if kind.arguments.contains(&"uvicorn") {
            command.args(["--port", &port.to_string()]);
        }
        let (host, database) = stage.bench.postgres.socket(&stage.database)?;
        command
            .current_dir(home)
            .env("NODE_ENV", "production")
            .env("PORT", port.to_string())
            .env("KEYS", keys)
            .env("ISSUER", DevelopmentIssuer::NAME)
            .env("AUDIENCE", DevelopmentIssuer::AUDIENCE)
            .env("PGHOST", host)
            .env("PGUSER", "postgres")
            .env("PGDATABASE", database)
            .stdin(Stdio::null())
            .stdout(log.try_clone().map_err(failed)?)
            .stderr(log);
        let child = command.spawn().map_err(failed)?;
        let mut peer = Self { name: kind.name, child, url: format!("http://127.0.0.1:{port}") };
        peer.wait(stage)?;
        Ok(peer)
    }

    fn wait(&mut self, stage: &Stage<'_>) -> Result<(), String> {
        let runtime = stage.bench.postgres.runtime();
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
        let log = std::fs::read_to_string(stage.folder.path().join(self.name)).unwrap_or_default();
        Err(format!("{} does not answer: {log}", self.name))
    }

    fn watch(&self, bench: &Bench) -> Watch {
        Watch { service: Some(self.child.id()), postgres: bench.postgres.process() }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A port that was free just now.
fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
