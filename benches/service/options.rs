//! The options of `cargo bench -- …`.

use std::path::PathBuf;

use clap::Parser;

use super::PATHS;

/// Compares the service with pgbench. See docs/performance.md.
#[derive(Debug, Parser)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent flag")]
#[command(name = "cargo bench --", bin_name = "cargo bench --")]
pub struct Options {
    /// Measure only these paths; --list prints their names
    #[arg(long, value_delimiter = ',', value_name = "PATH,…")]
    pub only: Vec<String>,
    /// Print the names of the paths
    #[arg(long)]
    pub list: bool,
    /// The length of a run in seconds
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub seconds: u32,
    /// The number of rounds
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: u32,
    /// The numbers of connections, instead of those of each path
    #[arg(long, value_delimiter = ',', value_name = "N,…", value_parser = clap::value_parser!(u32).range(1..))]
    pub connections: Vec<u32>,
    /// The number of codes in the imported file and in the hot pool
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1000..))]
    pub codes: u32,
    /// A short check that everything works: one round of one second, 1 and 32 connections, 5000 codes
    #[arg(long)]
    pub quick: bool,
    /// Also compare create and get with Fastify and FastAPI programs
    #[arg(long, conflicts_with = "url")]
    pub competitors: bool,
    /// Measure the service as a tenant grows to these numbers of codes [default: 10^4, 10^6 and 10^7 if
    /// `growth` is among the paths]
    #[arg(long, value_delimiter = ',', value_name = "N,…", value_parser = clap::value_parser!(u32).range(10_000..))]
    pub growth: Vec<u32>,
    /// Use the Postgres server of this database URL instead of a private one. The user must be allowed
    /// to create databases and checkpoints
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// Delay every commit of the private Postgres server by 2 ms (commit_delay), to simulate a slow disk
    #[arg(long, conflicts_with = "url")]
    pub slow_commits: bool,
    /// Also compare with another build of the service, such as one from before a change
    #[arg(long, value_name = "PROGRAM")]
    pub before: Option<PathBuf>,
    /// The file for the result as JSON [default: bench/service.json in Cargo's target folder]
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Passed by cargo
    #[arg(long, hide = true)]
    pub bench: bool,
    /// Repeat one operation, with the keys in a folder, for callgrind
    #[arg(long, hide = true, num_args = 3, value_names = ["OPERATION", "TIMES", "FOLDER"])]
    pub operation: Option<Vec<String>>,
}

impl Options {
    /// Parses the options of this process.
    pub fn read() -> Result<Self, String> {
        let mut options = Self::parse();
        if options.quick {
            (options.seconds, options.rounds, options.codes) = (1, 1, 5000);
        }
        let named = |name: &str| options.only.iter().any(|only| only == name);
        if options.growth.is_empty() && named("growth") {
            let steps: &[u32] = if options.quick { &[1, 10] } else { &[1, 100, 1000] };
            options.growth = steps.iter().map(|step| step * 10_000).collect();
        }
        options.growth.sort_unstable();
        options.competitors |= named("competitors");
        let unknown = |name: &&String| !PATHS.iter().any(|path| path.name == name.as_str());
        if let Some(name) = options.only.iter().find(unknown) {
            return Err(format!("there is no path '{name}'; --list prints the names"));
        }
        Ok(options)
    }

    /// Whether to measure this path.
    pub fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|wanted| wanted == name)
    }

    /// The numbers of connections to measure a path with, given its defaults.
    pub fn connections_for(&self, defaults: &[u32]) -> Vec<u32> {
        if !self.connections.is_empty() {
            return self.connections.clone();
        }
        let quick = |connections: &&u32| !self.quick || [1, 32].contains(*connections);
        defaults.iter().filter(quick).copied().collect()
    }
}
