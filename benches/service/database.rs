//! The Postgres server of a benchmark: a private one with the settings of a production server, or a
//! given one.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};

use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use tokio::runtime::Runtime;

use super::cluster::Cluster;
use super::options::Options;
use super::tools::Tools;

/// Settings of a production server with a few gigabytes of memory. The benchmark makes a checkpoint
/// before each run, so that no run pays for the writes of another.
const SETTINGS: [&str; 6] = [
    "fsync=on",
    "synchronous_commit=on",
    "full_page_writes=on",
    "shared_buffers=512MB",
    "max_wal_size=8GB",
    "checkpoint_timeout=30min",
];
/// Simulates a slow disk: the leader of a group commit waits before it flushes. On a real slow disk the
/// flush itself is slow, so that commits that arrive meanwhile wait for the next one; this is slightly
/// faster.
const SLOW_COMMITS: [&str; 2] = ["commit_delay=2000", "commit_siblings=0"];

/// A server. Each path gets its own database.
pub struct Postgres {
    cluster: Option<Cluster>,
    /// The URL of the server, without a database name.
    server: String,
    runtime: Runtime,
    databases: Cell<u32>,
}

impl Postgres {
    /// Starts a server, or uses the one in the options.
    pub fn start(options: &Options, tools: &Tools) -> Result<Self, String> {
        let runtime = Runtime::new().map_err(|error| error.to_string())?;
        let (cluster, server) = if let Some(url) = &options.url {
            let (url, options) = url.split_at(url.find('?').unwrap_or(url.len()));
            let (server, _) = url.rsplit_once('/').ok_or("--url needs a database name")?;
            (None, format!("{server}{options}"))
        } else {
            let binaries = tools.server.as_deref().ok_or("Postgres is not installed")?;
            let mut settings = SETTINGS.to_vec();
            if options.slow_commits {
                settings.extend(SLOW_COMMITS);
            }
            let cluster = Cluster::start(binaries, &settings)?;
            let server = cluster.server_url();
            (Some(cluster), server)
        };
        Ok(Self { cluster, server, runtime, databases: Cell::new(0) })
    }

    /// Creates an empty database. Returns its name.
    pub fn create(&self) -> Result<String, String> {
        self.databases.set(self.databases.get() + 1);
        let name = format!("esimpool_bench_{}_{}", std::process::id(), self.databases.get());
        self.execute(&self.url("postgres"), &format!("create database {name}"))?;
        Ok(name)
    }

    /// Drops a database.
    pub fn remove(&self, name: &str) {
        let drop = format!("drop database if exists {name} with (force)");
        if let Err(error) = self.execute(&self.url("postgres"), &drop) {
            eprintln!("{name} could not be dropped: {error}");
        }
    }

    /// The URL of the database `name`.
    pub fn url(&self, name: &str) -> String {
        match self.server.split_once('?') {
            Some((server, options)) => format!("{server}/{name}?{options}"),
            None => format!("{}/{name}", self.server),
        }
    }

    /// The parent of all processes of a private server.
    pub fn process(&self) -> Option<u32> {
        let file = self.cluster.as_ref()?.folder().join("data/postmaster.pid");
        fs::read_to_string(file).ok()?.lines().next()?.parse().ok()
    }

    /// The data folder of a private server.
    pub fn folder(&self) -> Option<&Path> {
        self.cluster.as_ref().map(Cluster::folder)
    }

    /// The socket folder of a private server, and the database name in a URL.
    pub fn socket(&self, url: &str) -> Result<(PathBuf, String), String> {
        let folder = self.folder().ok_or("this needs a private Postgres server")?;
        let (_, name) = url.rsplit_once('/').ok_or("the URL has no database name")?;
        Ok((folder.to_owned(), name.to_owned()))
    }

    /// Executes statements without results on either engine.
    pub fn execute(&self, url: &str, sql: &str) -> Result<(), String> {
        let script = sqlx::raw_sql(AssertSqlSafe(sql));
        let done = self.runtime.block_on(async {
            if url.starts_with("sqlite:") {
                let mut connection = SqliteConnection::connect(url).await?;
                script.execute(&mut connection).await?;
                connection.close().await
            } else {
                let mut connection = PgConnection::connect(url).await?;
                script.execute(&mut connection).await?;
                connection.close().await
            }
        });
        done.map_err(|error| format!("the database: {error}"))
    }

    /// The only number in the result of a query on either engine.
    pub fn number(&self, url: &str, sql: &str) -> Result<f64, String> {
        let number = self.runtime.block_on(async {
            if url.starts_with("sqlite:") {
                let mut connection = SqliteConnection::connect(url).await?;
                sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut connection).await
            } else {
                let mut connection = PgConnection::connect(url).await?;
                sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut connection).await
            }
        });
        number.map_err(|error| format!("{sql}: {error}"))
    }

    /// The runtime for asynchronous work.
    pub fn runtime(&self) -> &Runtime {
        &self.runtime
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some(cluster) = &mut self.cluster {
            cluster.stop();
        }
    }
}
