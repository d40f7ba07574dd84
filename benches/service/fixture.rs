//! The fixture of a path: a new database, a service just started on it, and a folder for its keys and its
//! log.

use std::cell::Cell;

use tempfile::TempDir;

use super::bench::Bench;
use super::run::{CpuWatch, Length, Run};
use super::server::{Build, Server};
use super::tools::scripts;
use super::wrk::Wrk;
use super::{process, stock};

/// The tenants whose rows the service writes, pgbench writes, and both read.
pub const SERVICE: &str = "de7e10b0-e51a-4001-9b00-00000000be01";
pub const PGBENCH: &str = "de7e10b0-e51a-4001-9b00-00000000be02";
pub const READ: &str = "de7e10b0-e51a-4001-9b00-00000000be03";

/// The path of the pools.
pub const POOLS: &str = "/beta/deviceManagement/embeddedSIMActivationCodePools";

/// The database engine of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Postgres,
    Sqlite,
}

/// A service with its own database.
pub struct Fixture<'a> {
    pub bench: &'a Bench,
    pub engine: Engine,
    pub build: Build,
    /// The name of the Postgres database.
    name: Option<String>,
    pub database: String,
    pub server: Server,
    pub folder: TempDir,
    /// The memory of the service after the start, in bytes.
    pub idle: u64,
    runs: Cell<u32>,
    next_code: Cell<usize>,
}

impl<'a> Fixture<'a> {
    pub fn new(bench: &'a Bench, engine: Engine) -> Result<Self, String> {
        Self::of(bench, engine, Build::this())
    }

    /// A fixture for the build that this one is compared with, if there is one.
    pub fn before(bench: &'a Bench, engine: Engine) -> Result<Option<Self>, String> {
        let build = bench.options.before.as_deref().map(Build::at);
        build.map(|build| Self::of(bench, engine, build)).transpose()
    }

    fn of(bench: &'a Bench, engine: Engine, build: Build) -> Result<Self, String> {
        let folder = TempDir::with_prefix("esim").map_err(|error| error.to_string())?;
        let (name, database) = match engine {
            Engine::Postgres => {
                let name = bench.postgres.create()?;
                let url = bench.postgres.url(&name);
                (Some(name), url)
            }
            Engine::Sqlite => (None, format!("sqlite://{}/esimpool.db", folder.path().display())),
        };
        let server = build.start(folder.path(), &database)?;
        let (runs, next_code) = (Cell::new(0), Cell::new(0));
        let idle = 0;
        let mut fixture =
            Self { bench, engine, build, name, database, server, folder, idle, runs, next_code };
        // Idle memory is measured after the first response.
        fixture.warm_up()?;
        fixture.idle = process::memory(fixture.server.process()).0;
        Ok(fixture)
    }

    fn warm_up(&self) -> Result<(), String> {
        let token = self.token(SERVICE)?;
        let get = self.wrk("path.lua", Some(&token), 1, vec![("BENCH_PATH", POOLS.to_owned())]);
        get.measure(Length::Operations(1), 0, &CpuWatch::default()).map(drop)
    }

    /// Fills a tenant with data to read.
    pub fn seed(&self, tenant: &str) -> Result<(), String> {
        match self.engine {
            Engine::Postgres => self.script("sql/seed.sql", &[("{tenant}", tenant)]),
            Engine::Sqlite => {
                self.script("sql/seed-sqlite.sql", &[("{tenant}", &tenant.replace('-', ""))])
            }
        }
    }

    /// Executes a script after replacing each name with its value.
    pub fn script(&self, file: &str, values: &[(&str, &str)]) -> Result<(), String> {
        let script = std::fs::read_to_string(scripts().join(file));
        let script = script.map_err(|error| format!("{file}: {error}"))?;
        let filled = |script: String, (name, value): &(&str, &str)| script.replace(name, value);
        self.execute(&values.iter().fold(script, filled))
    }

    /// Imports a new pool with `codes` codes. Returns its id.
    pub fn stock(&self, server: &Server, token: &str, codes: usize) -> Result<String, String> {
        let first = self.next_code.replace(self.next_code.get() + codes);
        let file = stock::file(first..first + codes);
        stock::import(self.bench.postgres.runtime(), &server.url, token, file)
    }

    /// Vacuums and analyzes the tables, so that the planner knows their sizes.
    pub fn settle(&self) -> Result<(), String> {
        match self.engine {
            Engine::Postgres => self.execute("vacuum analyze"),
            Engine::Sqlite => Ok(()),
        }
    }

    /// Makes a checkpoint, so that the next run does not pay for earlier writes.
    pub fn checkpoint(&self) -> Result<(), String> {
        match self.engine {
            Engine::Postgres => self.execute("checkpoint"),
            Engine::Sqlite => Ok(()),
        }
    }

    /// A token for a tenant.
    pub fn token(&self, tenant: &str) -> Result<String, String> {
        self.build.token(self.folder.path(), tenant)
    }

    /// A new number for a run, which makes the names of its data unique.
    pub fn next_run(&self) -> u32 {
        // pgbench uses two numbers, because it measures connecting separately.
        self.runs.replace(self.runs.get() + 2)
    }

    /// wrk with this service as its target.
    pub fn wrk<'w>(
        &'w self,
        script: &'w str,
        token: Option<&'w str>,
        connections: u32,
        variables: Vec<(&'w str, String)>,
    ) -> Wrk<'w> {
        let refused = token.is_none() && script == "path.lua";
        Wrk { url: &self.server.url, script, token, variables, connections, refused }
    }

    /// The current speed of the machine: the rate of requests that need no database, to `/livez` and
    /// without a token.
    pub fn reference(&self) -> Result<[Run; 2], String> {
        let measure = |path: &str, refused: bool| {
            let variables = vec![("BENCH_PATH", path.to_owned())];
            let wrk = Wrk { refused, ..self.wrk("path.lua", None, 32, variables) };
            wrk.measure(Length::Seconds(0.4), 0, &self.watch())
        };
        Ok([measure("/livez", false)?, measure(POOLS, true)?])
    }

    /// The processes whose CPU time is measured.
    pub fn watch(&self) -> CpuWatch {
        let postgres = match self.engine {
            Engine::Postgres => self.bench.postgres.process(),
            Engine::Sqlite => None,
        };
        CpuWatch { service: Some(self.server.process()), postgres }
    }

    /// The only number in the result of a query, after replacing `{tenant}` in it.
    pub fn number(&self, sql: &str, tenant: &str) -> Result<f64, String> {
        let id = match self.engine {
            Engine::Postgres => format!("'{tenant}'"),
            Engine::Sqlite => format!("x'{}'", tenant.replace('-', "")),
        };
        self.bench.postgres.number(&self.database, &sql.replace("{tenant}", &id))
    }

    /// Executes statements without results.
    pub fn execute(&self, sql: &str) -> Result<(), String> {
        self.bench.postgres.execute(&self.database, sql)
    }
}

impl Drop for Fixture<'_> {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            self.bench.postgres.remove(name);
        }
    }
}
