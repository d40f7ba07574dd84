//! A Postgres for the tests: the one that `TEST_DATABASE_URL` names, else a private cluster from
//! server binaries on this machine, which ends with the run.

use std::sync::{Mutex, OnceLock};

use super::cluster::{Cluster, binaries};
use super::database::administer;

/// A server in which tests make databases.
pub struct Postgres {
    /// The URL of a database in it, without the database's name.
    server: String,
    cluster: Option<Mutex<Cluster>>,
    /// The databases that tests have made.
    databases: Mutex<Vec<String>>,
}

static POSTGRES: OnceLock<Result<Postgres, String>> = OnceLock::new();

impl Postgres {
    /// The server, started when it is first asked for; or why there is none.
    pub fn get() -> Result<&'static Self, &'static str> {
        POSTGRES.get_or_init(Self::start).as_ref().map_err(String::as_str)
    }

    /// Ends a private server, or tidies up another's. `main` calls it: a static is never dropped.
    pub fn stop() {
        let Some(Ok(server)) = POSTGRES.get() else { return };
        let Some(cluster) = &server.cluster else { return server.drop_databases() };
        cluster.lock().expect("no panic while it is locked").stop();
    }

    /// The URL of the database `name`.
    pub fn url(&self, name: &str) -> String {
        match self.server.split_once('?') {
            Some((server, options)) => format!("{server}/{name}?{options}"),
            None => format!("{}/{name}", self.server),
        }
    }

    /// Notes a database that a test has made.
    pub fn remember(&self, name: &str) {
        self.databases.lock().expect("no panic while it is locked").push(name.to_owned());
    }

    /// What a private server has written down so far; another's log is out of reach.
    pub fn log(&self) -> Option<String> {
        let cluster = self.cluster.as_ref()?.lock().expect("no panic while it is locked");
        let log = std::fs::read(cluster.folder().join("log")).expect("it writes one");
        Some(String::from_utf8_lossy(&log).into_owned())
    }

    fn drop_databases(&self) {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        for name in self.databases.lock().expect("no panic while it is locked").drain(..) {
            runtime.block_on(administer(&format!("drop database if exists {name} with (force)")));
        }
    }

    fn start() -> Result<Self, String> {
        let databases = Mutex::default();
        if let Some(url) = std::env::var_os("TEST_DATABASE_URL") {
            let url = url.to_string_lossy();
            let (server, database) =
                url.rsplit_once('/').ok_or("TEST_DATABASE_URL names no database")?;
            let options = database
                .split_once('?')
                .map_or(String::new(), |(_, options)| format!("?{options}"));
            return Ok(Self { server: format!("{server}{options}"), cluster: None, databases });
        }
        let binaries =
            binaries().ok_or("no Postgres: set TEST_DATABASE_URL or install its server")?;
        // What tests write need not outlive the machine; in the log each line says which database
        // it is about.
        let settings = ["fsync=off", "full_page_writes=off", "log_line_prefix=%m %d "];
        let cluster = Cluster::start(&binaries, &settings)
            .map_err(|error| format!("Postgres does not start: {error}"))?;
        let server = cluster.server_url();
        Ok(Self { server, cluster: Some(Mutex::new(cluster)), databases })
    }
}
