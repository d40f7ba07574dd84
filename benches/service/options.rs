//! What `cargo bench -- …` takes.

use std::path::PathBuf;

use clap::Parser;

use super::PATHS;

/// The service against pgbench: the same rows, in turn, in one run. See docs/performance.md.
#[derive(Debug, Parser)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[command(name = "cargo bench --", bin_name = "cargo bench --")]
pub struct Options {
    /// Only these paths; --list names them
    #[arg(long, value_delimiter = ',', value_name = "PATH,…")]
    pub only: Vec<String>,
    /// Names the paths and ends
    #[arg(long)]
    pub list: bool,
    /// How long each leg runs
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub seconds: u32,
    /// How often each leg runs, in turn with the others
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: u32,
    /// With so many connections, in place of each path's own choice
    #[arg(long, value_delimiter = ',', value_name = "N,…", value_parser = clap::value_parser!(u32).range(1..))]
    pub connections: Vec<u32>,
    /// How many codes the imported file and the hot pool hold
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1000..))]
    pub codes: u32,
    /// Short, to see that all of it works: one round of a second, 1 and 32 connections, 5000 codes
    #[arg(long)]
    pub quick: bool,
    /// Create and get against Fastify and FastAPI programs as well
    #[arg(long, conflicts_with = "url")]
    pub peers: bool,
    /// Everything again as a tenant grows to so many codes, step by step [default: 10^4, 10^6 and 10^7 if
    /// `growth` is among the paths]
    #[arg(long, value_delimiter = ',', value_name = "N,…", value_parser = clap::value_parser!(u32).range(10_000..))]
    pub growth: Vec<u32>,
    /// A Postgres server to use, by the URL of any database in it, instead of one of our own. The
    /// user must be allowed to create databases and to checkpoint
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// Every commit of our own Postgres takes 2 ms longer (commit_delay), to see what a slow disk does
    #[arg(long, conflicts_with = "url")]
    pub slow_commits: bool,
    /// Where the result goes as JSON [default: bench/service.json in Cargo's target folder]
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// What cargo itself passes
    #[arg(long, hide = true)]
    pub bench: bool,
    /// Runs one operation so many times, with the keys in a folder, for callgrind
    #[arg(long, hide = true, num_args = 3, value_names = ["OPERATION", "TIMES", "FOLDER"])]
    pub operation: Option<Vec<String>>,
}

impl Options {
    /// The options of this run.
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
        options.peers |= named("peers");
        let unknown = |name: &&String| !PATHS.iter().any(|path| path.name == name.as_str());
        if let Some(name) = options.only.iter().find(unknown) {
            return Err(format!("there is no path '{name}'; --list names them"));
        }
        Ok(options)
    }

    /// Whether this path is to be measured.
    pub fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|wanted| wanted == name)
    }

    /// With how many connections a path is measured that would choose these by itself.
    pub fn connections_for(&self, own: &[u32]) -> Vec<u32> {
        if !self.connections.is_empty() {
            return self.connections.clone();
        }
        let quick = |connections: &&u32| !self.quick || [1, 32].contains(*connections);
        own.iter().filter(quick).copied().collect()
    }
}
