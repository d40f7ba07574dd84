//! What is done over and over, by the service and by bare SQL.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use super::leg::{Leg, Length, Watch};
use super::pgbench::Pgbench;
use super::process;
use super::server::Server;
use super::stage::{BARE, Engine, READ, SERVICE, Stage};

/// One kind of work.
pub struct Load {
    /// pgbench's script.
    pub sql: &'static str,
    /// wrk's script.
    pub script: &'static str,
    /// What wrk's script asks for by GET, if it is the one for that.
    pub path: &'static str,
    /// How many codes a new pool has.
    pub codes: u32,
    /// How many pools codes are claimed from; 0 where none are.
    pub pools: u32,
    /// What an operation leaves in the database: how many rows, in which table under which
    /// condition.
    pub leaves: &'static [(u32, &'static str)],
}

impl Load {
    fn writes(&self) -> bool {
        !self.leaves.is_empty()
    }
}

/// Work on a stage, and how much of it was acknowledged so far.
pub struct Work<'a> {
    pub stage: &'a Stage<'a>,
    pub load: &'a Load,
    /// Whom the service does it for.
    tenant: &'a str,
    served: Cell<u64>,
    bare: Cell<u64>,
    /// The most that each process held in a leg, in bytes.
    peaks: RefCell<HashMap<u32, u64>>,
}

impl<'a> Work<'a> {
    pub fn new(stage: &'a Stage<'a>, load: &'a Load) -> Self {
        Self::of(stage, load, if load.writes() { SERVICE } else { READ })
    }

    /// The same for a tenant that is not the usual one.
    pub fn of(stage: &'a Stage<'a>, load: &'a Load, tenant: &'a str) -> Self {
        let (served, bare, peaks) = (Cell::new(0), Cell::new(0), RefCell::default());
        Self { stage, load, tenant, served, bare, peaks }
    }

    /// A leg of pgbench.
    pub fn bare(&self, connections: u32, length: Length) -> Result<Leg, String> {
        let tenant = if self.load.writes() { BARE } else { READ };
        let pools = self.stocked(tenant, connections, length)?;
        let variables = vec![
            ("tenant", tenant.to_owned()),
            ("codes", self.load.codes.to_string()),
            ("pools", format!("{{{}}}", pools.join(","))),
            ("many", pools.len().max(1).to_string()),
        ];
        self.stage.checkpoint()?;
        let bench = self.stage.bench;
        let pgbench = Pgbench {
            tools: &bench.tools,
            database: &self.stage.database,
            script: self.load.sql,
            variables,
            connections,
            folder: self.stage.folder.path(),
        };
        let run = 10_000_000 + self.stage.next_leg();
        let watch = Watch { service: None, postgres: bench.postgres.process() };
        let (leg, operations) = pgbench.leg(length, run, &watch)?;
        self.bare.set(self.bare.get() + operations);
        Ok(leg)
    }

    /// A leg of the service.
    pub fn served(&self, connections: u32, length: Length) -> Result<Leg, String> {
        let server = &self.stage.server.url;
        self.served_by(server, self.stage.watch(), connections, length)
    }

    /// A leg of whoever stands there in the place of the service.
    pub fn served_by(
        &self,
        url: &str,
        watch: Watch,
        connections: u32,
        length: Length,
    ) -> Result<Leg, String> {
        let token = self.stage.token(self.tenant)?;
        let pools = self.stocked(self.tenant, connections, length)?;
        let variables = vec![
            ("BENCH_CODES", self.load.codes.to_string()),
            ("BENCH_POOLS", pools.join(",")),
            ("BENCH_PATH", self.load.path.to_owned()),
        ];
        self.stage.checkpoint()?;
        let first = 100_000_000_000 + u64::from(self.stage.next_leg()) * 100_000_000;
        let wrk = self.stage.wrk(self.load.script, Some(&token), connections, variables);
        if let Some(process) = watch.service {
            process::forget_peak(process)?;
        }
        let leg = super::wrk::Wrk { url, ..wrk }.leg(length, first, &watch)?;
        if let Some(process) = watch.service {
            let (_, peak) = process::memory(process);
            let mut peaks = self.peaks.borrow_mut();
            let most = peaks.entry(process).or_default();
            *most = peak.max(*most);
        }
        self.served.set(self.served.get() + leg.operations);
        Ok(leg)
    }

    /// The most that a process held in a leg since this was asked last, in bytes.
    pub fn take_peak(&self, process: u32) -> u64 {
        self.peaks.borrow_mut().remove(&process).unwrap_or_default()
    }

    /// Holds what was acknowledged against the rows that are there; says what was found.
    pub fn check(&self) -> Result<String, String> {
        let sides =
            [("service", self.tenant, self.served.get()), ("pgbench", BARE, self.bare.get())];
        let mut found = Vec::new();
        for (who, tenant, operations) in sides {
            for (rows, place) in self.load.leaves {
                let count = format!("select cast(count(*) as double precision) from {place}");
                let stored =
                    self.stage.number(&format!("{count} and tenant_id = {{tenant}}"), tenant)?;
                #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
                let acknowledged = (operations * u64::from(*rows)) as f64;
                if (stored - acknowledged).abs() > 0.5 {
                    return Err(format!(
                        "{who}: {acknowledged} rows acknowledged, {stored} in {place}"
                    ));
                }
            }
            if operations > 0 {
                found.push(format!("{who} {operations}"));
            }
        }
        let places = self.load.leaves.iter().filter_map(|(_, place)| place.split(' ').next());
        let places: Vec<_> = places.collect();
        Ok(match places.as_slice() {
            [] => String::new(),
            places => {
                format!("{} acknowledged, and found in {}", found.join(", "), places.join(", "))
            }
        })
    }

    /// Pools with codes enough for a leg, by their ids.
    fn stocked(
        &self,
        tenant: &str,
        connections: u32,
        length: Length,
    ) -> Result<Vec<String>, String> {
        /// More claims than anybody makes in a second, by one connection and by many.
        const MOST: [f64; 2] = [8_000.0, 16_000.0];
        if self.load.pools == 0 {
            return Ok(Vec::new());
        }
        let pools = f64::from(self.load.pools);
        let codes = match length {
            Length::Seconds(seconds) => seconds * MOST[usize::from(connections > 1)] / pools,
            #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
            Length::Operations(operations) => operations as f64 / pools,
        };
        // pgbench's first operation of each connection takes one, too.
        let codes = codes.ceil() + f64::from(connections);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
        let codes = codes as usize;
        let token = self.stage.token(tenant)?;
        // By another service, where there can be two: what it holds afterwards is not this path's.
        let other = match self.stage.engine {
            Engine::Postgres => {
                Some(Server::start(self.stage.folder.path(), &self.stage.database)?)
            }
            Engine::Sqlite => None,
        };
        let server = other.as_ref().unwrap_or(&self.stage.server);
        let pools: Result<Vec<_>, _> =
            (0..self.load.pools).map(|_| self.stage.stock(server, &token, codes)).collect();
        self.stage.settle()?;
        pools
    }
}
