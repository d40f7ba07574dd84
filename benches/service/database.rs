//! The Postgres of a run: a private one with the settings of a server in earnest, or a given one.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};

use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use tokio::runtime::Runtime;

use super::cluster::Cluster;
use super::options::Options;
use super::tools::Tools;

/// As somebody would run it who cares for the data, on a machine of some gigabytes. Checkpoints come
/// before each leg, so that none of them bears another's.
const SETTINGS: [&str; 6] = [
    "fsync=on",
    "synchronous_commit=on",
    "full_page_writes=on",
    "shared_buffers=512MB",
    "max_wal_size=8GB",
    "checkpoint_timeout=30min",
];
/// The leader of a group of commits waits before it flushes. On a slow disk the flush itself takes
/// longer, so that a commit which comes meanwhile waits for the next one: this is a little kinder.
const SLOW_COMMITS: [&str; 2] = ["commit_delay=2000", "commit_siblings=0"];

/// A server in which each path gets a database.
pub struct Postgres {
    cluster: Option<Cluster>,
    /// The URL of a database in it, without the database's name.
    server: String,
    runtime: Runtime,
    databases: Cell<u32>,
}

impl Postgres {
    /// Starts it, or takes the one that the options name.
    pub fn start(options: &Options, tools: &Tools) -> Result<Self, String> {
        let runtime = Runtime::new().map_err(|error| error.to_string())?;
        let (cluster, server) = if let Some(url) = &options.url {
            let (url, options) = url.split_at(url.find('?').unwrap_or(url.len()));
            let (server, _) = url.rsplit_once('/').ok_or("--url names no database")?;
            (None, format!("{server}{options}"))
        } else {
            let binaries = tools.server.as_deref().ok_or("there is no Postgres here")?;
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

    /// A new, empty database: its name.
    pub fn create(&self) -> Result<String, String> {
        self.databases.set(self.databases.get() + 1);
        let name = format!("esimpool_bench_{}_{}", std::process::id(), self.databases.get());
        self.execute(&self.url("postgres"), &format!("create database {name}"))?;
        Ok(name)
    }

    /// Removes a database of that name.
    pub fn remove(&self, name: &str) {
        let drop = format!("drop database if exists {name} with (force)");
        if let Err(error) = self.execute(&self.url("postgres"), &drop) {
            eprintln!("{name} is still there: {error}");
        }
    }

    /// The URL of the database `name`.
    pub fn url(&self, name: &str) -> String {
        match self.server.split_once('?') {
            Some((server, options)) => format!("{server}/{name}?{options}"),
            None => format!("{}/{name}", self.server),
        }
    }

    /// The process that all of its processes descend from, if it is our own.
    pub fn process(&self) -> Option<u32> {
        let file = self.cluster.as_ref()?.folder().join("data/postmaster.pid");
        fs::read_to_string(file).ok()?.lines().next()?.parse().ok()
    }

    /// Where our own keeps its data.
    pub fn folder(&self) -> Option<&Path> {
        self.cluster.as_ref().map(Cluster::folder)
    }

    /// The socket of our own, and the name of the database of that URL.
    pub fn socket(&self, url: &str) -> Result<(PathBuf, String), String> {
        let folder = self.folder().ok_or("this needs a Postgres of our own")?;
        let (_, name) = url.rsplit_once('/').ok_or("a URL without a database")?;
        Ok((folder.to_owned(), name.to_owned()))
    }

    /// Runs statements that give nothing back, in a database of either kind.
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

    /// The one number that a query gives, in a database of either kind.
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

    /// What runs work that waits.
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
