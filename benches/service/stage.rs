//! What one path is measured on: a new database, a service that has just started on it, and a folder
//! for its keys and its log.

use std::cell::Cell;

use tempfile::TempDir;

use super::bench::Bench;
use super::leg::{Leg, Length, Watch};
use super::server::{Server, token};
use super::tools::scripts;
use super::wrk::Wrk;
use super::{process, stock};

/// Whose rows the service writes, whose pgbench writes, and whose both read.
pub const SERVICE: &str = "de7e10b0-e51a-4001-9b00-00000000be01";
pub const BARE: &str = "de7e10b0-e51a-4001-9b00-00000000be02";
pub const READ: &str = "de7e10b0-e51a-4001-9b00-00000000be03";

/// The path of the pools.
pub const POOLS: &str = "/beta/deviceManagement/embeddedSIMActivationCodePools";

/// Which database the service has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Postgres,
    Sqlite,
}

/// A service on a database of its own.
pub struct Stage<'a> {
    pub bench: &'a Bench,
    pub engine: Engine,
    /// The name of the database, if it is Postgres'.
    name: Option<String>,
    pub database: String,
    pub server: Server,
    pub folder: TempDir,
    /// What the service held when it had just started, in bytes.
    pub idle: u64,
    legs: Cell<u32>,
    cards: Cell<usize>,
}

impl<'a> Stage<'a> {
    pub fn set(bench: &'a Bench, engine: Engine) -> Result<Self, String> {
        let folder = TempDir::with_prefix("esim").map_err(|error| error.to_string())?;
        let (name, database) = match engine {
            Engine::Postgres => {
                let name = bench.postgres.create()?;
                let url = bench.postgres.url(&name);
                (Some(name), url)
            }
            Engine::Sqlite => (None, format!("sqlite://{}/esimpool.db", folder.path().display())),
        };
        let server = Server::start(folder.path(), &database)?;
        let (legs, cards) = (Cell::new(0), Cell::new(0));
        let mut stage =
            Self { bench, engine, name, database, server, folder, idle: 0, legs, cards };
        // What a service holds that has answered its first request.
        stage.warm_up()?;
        stage.idle = process::memory(stage.server.process()).0;
        Ok(stage)
    }

    fn warm_up(&self) -> Result<(), String> {
        let token = self.token(SERVICE)?;
        let get = self.wrk("path.lua", Some(&token), 1, vec![("BENCH_PATH", POOLS.to_owned())]);
        get.leg(Length::Operations(1), 0, &Watch::default()).map(drop)
    }

    /// Fills a tenant with what is read.
    pub fn seed(&self, tenant: &str) -> Result<(), String> {
        match self.engine {
            Engine::Postgres => self.script("sql/seed.sql", &[("{tenant}", tenant)]),
            Engine::Sqlite => {
                self.script("sql/seed-sqlite.sql", &[("{tenant}", &tenant.replace('-', ""))])
            }
        }
    }

    /// Runs a script, with values in the places of their names.
    pub fn script(&self, file: &str, values: &[(&str, &str)]) -> Result<(), String> {
        let script = std::fs::read_to_string(scripts().join(file));
        let script = script.map_err(|error| format!("{file}: {error}"))?;
        let filled = |script: String, (name, value): &(&str, &str)| script.replace(name, value);
        self.execute(&values.iter().fold(script, filled))
    }

    /// A new pool of so many codes for a tenant, imported by a service: its id.
    pub fn stock(&self, server: &Server, token: &str, codes: usize) -> Result<String, String> {
        let first = self.cards.replace(self.cards.get() + codes);
        let file = stock::file(first..first + codes);
        stock::import(self.bench.postgres.runtime(), &server.url, token, file)
    }

    /// The same of tables at rest: what was written so far is on the disk, and the planner knows of
    /// it.
    pub fn settle(&self) -> Result<(), String> {
        match self.engine {
            Engine::Postgres => self.execute("vacuum analyze"),
            Engine::Sqlite => Ok(()),
        }
    }

    /// Before each leg, so that none bears another's writes.
    pub fn checkpoint(&self) -> Result<(), String> {
        match self.engine {
            Engine::Postgres => self.execute("checkpoint"),
            Engine::Sqlite => Ok(()),
        }
    }

    /// A token of a tenant.
    pub fn token(&self, tenant: &str) -> Result<String, String> {
        token(self.folder.path(), tenant)
    }

    /// The number of the next leg: what it names is new.
    pub fn next_leg(&self) -> u32 {
        // pgbench takes two: it also connects.
        self.legs.replace(self.legs.get() + 2)
    }

    /// wrk, asking this service.
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

    /// How the machine is just now: requests a second that need no database, to `/livez` and of
    /// somebody without a token.
    pub fn reference(&self) -> Result<[Leg; 2], String> {
        let leg = |path: &str, refused: bool| {
            let variables = vec![("BENCH_PATH", path.to_owned())];
            let wrk = Wrk { refused, ..self.wrk("path.lua", None, 32, variables) };
            wrk.leg(Length::Seconds(0.4), 0, &self.watch())
        };
        Ok([leg("/livez", false)?, leg(POOLS, true)?])
    }

    /// Whose processor time counts.
    pub fn watch(&self) -> Watch {
        let postgres = match self.engine {
            Engine::Postgres => self.bench.postgres.process(),
            Engine::Sqlite => None,
        };
        Watch { service: Some(self.server.process()), postgres }
    }

    /// The one number that a query gives; `{tenant}` in it stands for a tenant.
    pub fn number(&self, sql: &str, tenant: &str) -> Result<f64, String> {
        let id = match self.engine {
            Engine::Postgres => format!("'{tenant}'"),
            Engine::Sqlite => format!("x'{}'", tenant.replace('-', "")),
        };
        self.bench.postgres.number(&self.database, &sql.replace("{tenant}", &id))
    }

    /// Runs statements that give nothing back.
    pub fn execute(&self, sql: &str) -> Result<(), String> {
        self.bench.postgres.execute(&self.database, sql)
    }
}

impl Drop for Stage<'_> {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            self.bench.postgres.remove(name);
        }
    }
}
