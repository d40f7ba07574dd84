//! The loads that the service and bare SQL are measured with.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use super::comparison::Subject;
use super::fixture::{Engine, Fixture, PGBENCH, READ, SERVICE};
use super::pgbench::Pgbench;
use super::process;
use super::run::{CpuWatch, Length, Run};

/// A kind of load.
pub struct Load {
    /// The script for pgbench, in `benches/sql`.
    pub sql: &'static str,
    /// The script for wrk, in `benches/wrk`.
    pub script: &'static str,
    /// The path to GET, for the script `path.lua`.
    pub path: &'static str,
    /// The number of codes in a new pool.
    pub codes: u32,
    /// The number of pools to claim codes from; 0 if the load claims none.
    pub pools: u32,
    /// The rows that an operation leaves in the database: how many, in which table, under which
    /// condition.
    pub leaves: &'static [(u32, &'static str)],
}

impl Load {
    fn writes(&self) -> bool {
        !self.leaves.is_empty()
    }
}

/// A load on a fixture, and how many operations have been acknowledged.
pub struct Work<'a> {
    pub fixture: &'a Fixture<'a>,
    pub load: &'a Load,
    /// The tenant whose data the service works on.
    tenant: &'a str,
    served: Cell<u64>,
    bare: Cell<u64>,
    /// The peak memory of each process, in bytes.
    peaks: RefCell<HashMap<u32, u64>>,
}

impl<'a> Work<'a> {
    pub fn new(fixture: &'a Fixture<'a>, load: &'a Load) -> Self {
        Self::of(fixture, load, if load.writes() { SERVICE } else { READ })
    }

    /// A load for another tenant than the usual one.
    pub fn of(fixture: &'a Fixture<'a>, load: &'a Load, tenant: &'a str) -> Self {
        let (served, bare, peaks) = (Cell::new(0), Cell::new(0), RefCell::default());
        Self { fixture, load, tenant, served, bare, peaks }
    }

    /// Measures one run of pgbench.
    pub fn bare(&self, connections: u32, length: Length) -> Result<Run, String> {
        let tenant = if self.load.writes() { PGBENCH } else { READ };
        let pools = self.stocked(tenant, connections, length)?;
        let variables = vec![
            ("tenant", tenant.to_owned()),
            ("codes", self.load.codes.to_string()),
            ("pools", format!("{{{}}}", pools.join(","))),
            ("many", pools.len().max(1).to_string()),
        ];
        self.fixture.checkpoint()?;
        let bench = self.fixture.bench;
        let pgbench = Pgbench {
            tools: &bench.tools,
            database: &self.fixture.database,
            script: self.load.sql,
            variables,
            connections,
            folder: self.fixture.folder.path(),
        };
        let number = 10_000_000 + self.fixture.next_run();
        let watch = CpuWatch { service: None, postgres: bench.postgres.process() };
        let (run, operations) = pgbench.measure(length, number, &watch)?;
        self.bare.set(self.bare.get() + operations);
        Ok(run)
    }

    /// Measures one run of the service.
    pub fn served(&self, connections: u32, length: Length) -> Result<Run, String> {
        let server = &self.fixture.server.url;
        self.served_by(server, self.fixture.watch(), connections, length)
    }

    /// The service as the subject of a comparison.
    pub fn subject(&self, name: &'static str, connections: u32, length: Length) -> Subject<'_> {
        Subject { name, run: Box::new(move || self.served(connections, length)) }
    }

    /// Measures one run of the server at `url`.
    pub fn served_by(
        &self,
        url: &str,
        watch: CpuWatch,
        connections: u32,
        length: Length,
    ) -> Result<Run, String> {
        let token = self.fixture.token(self.tenant)?;
        let pools = self.stocked(self.tenant, connections, length)?;
        let variables = vec![
            ("BENCH_CODES", self.load.codes.to_string()),
            ("BENCH_POOLS", pools.join(",")),
            ("BENCH_PATH", self.load.path.to_owned()),
        ];
        self.fixture.checkpoint()?;
        let first = 100_000_000_000 + u64::from(self.fixture.next_run()) * 100_000_000;
        let wrk = self.fixture.wrk(self.load.script, Some(&token), connections, variables);
        if let Some(process) = watch.service {
            process::reset_peak(process)?;
        }
        let run = super::wrk::Wrk { url, ..wrk }.measure(length, first, &watch)?;
        if let Some(process) = watch.service {
            let (_, peak) = process::memory(process);
            let mut peaks = self.peaks.borrow_mut();
            let highest = peaks.entry(process).or_default();
            *highest = peak.max(*highest);
        }
        self.served.set(self.served.get() + run.operations);
        Ok(run)
    }

    /// The peak memory of a process since the last call, in bytes.
    pub fn take_peak(&self, process: u32) -> u64 {
        self.peaks.borrow_mut().remove(&process).unwrap_or_default()
    }

    /// Compares the acknowledged operations with the stored rows. Returns a description of both.
    ///
    /// # Errors
    /// If the numbers differ.
    pub fn check(&self) -> Result<String, String> {
        let subjects =
            [("service", self.tenant, self.served.get()), ("pgbench", PGBENCH, self.bare.get())];
        let mut found = Vec::new();
        for (who, tenant, operations) in subjects {
            for (rows, table) in self.load.leaves {
                let count = format!("select cast(count(*) as double precision) from {table}");
                let stored =
                    self.fixture.number(&format!("{count} and tenant_id = {{tenant}}"), tenant)?;
                #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
                let acknowledged = (operations * u64::from(*rows)) as f64;
                if (stored - acknowledged).abs() > 0.5 {
                    return Err(format!(
                        "{who}: {acknowledged} rows acknowledged, {stored} in {table}"
                    ));
                }
            }
            if operations > 0 {
                found.push(format!("{who} {operations}"));
            }
        }
        let tables = self.load.leaves.iter().filter_map(|(_, table)| table.split(' ').next());
        let tables: Vec<_> = tables.collect();
        Ok(match tables.as_slice() {
            [] => String::new(),
            tables => {
                format!("{} acknowledged, all found in {}", found.join(", "), tables.join(", "))
            }
        })
    }

    /// Creates pools with enough codes for a run. Returns their ids.
    fn stocked(
        &self,
        tenant: &str,
        connections: u32,
        length: Length,
    ) -> Result<Vec<String>, String> {
        /// More claims than possible in a second, with one connection and with several.
        const MAX_CLAIMS_PER_SECOND: [f64; 2] = [8_000.0, 16_000.0];
        if self.load.pools == 0 {
            return Ok(Vec::new());
        }
        let pools = f64::from(self.load.pools);
        let codes = match length {
            Length::Seconds(seconds) => {
                seconds * MAX_CLAIMS_PER_SECOND[usize::from(connections > 1)] / pools
            }
            #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
            Length::Operations(operations) => operations as f64 / pools,
        };
        // pgbench also claims one code for each connection before the measurement.
        let codes = codes.ceil() + f64::from(connections);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
        let codes = codes as usize;
        let token = self.fixture.token(tenant)?;
        // Another server does this if possible, so that the memory it takes does not count for this path.
        let other = match self.fixture.engine {
            Engine::Postgres => {
                let Fixture { build, folder, database, .. } = self.fixture;
                Some(build.start(folder.path(), database)?)
            }
            Engine::Sqlite => None,
        };
        let server = other.as_ref().unwrap_or(&self.fixture.server);
        let pools: Result<Vec<_>, _> =
            (0..self.load.pools).map(|_| self.fixture.stock(server, &token, codes)).collect();
        self.fixture.settle()?;
        pools
    }
}
