//! A private Citus cluster: a coordinator and two workers, where the extension is installed.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::cluster::{Cluster, binaries};
use super::database::execute;
use super::{Database, Engine};

/// The servers.
pub struct CitusCluster {
    coordinator: Cluster,
    workers: Vec<Cluster>,
}

/// Why there can be no cluster here, if so.
pub fn missing() -> Option<&'static str> {
    // What is on PATH may be a link.
    let server = binaries().and_then(|folder| folder.join("postgres").canonicalize().ok());
    let Some(server) = server else { return Some("no Postgres: install its server") };
    let is_there =
        extension_folders(&server).iter().any(|folder| folder.join("citus.control").is_file());
    (!is_there).then_some("the extension citus is not installed for this Postgres")
}

/// Where extensions of a server may be, relative to its program or as Debian has it.
fn extension_folders(server: &Path) -> [PathBuf; 3] {
    let root = server.ancestors().nth(2).unwrap_or(server);
    let version = root.file_name().unwrap_or_default();
    let debian = Path::new("/usr/share/postgresql").join(version);
    [root.join("share/postgresql"), root.join("share"), debian].map(|share| share.join("extension"))
}

fn server() -> Cluster {
    let settings = [
        "fsync=off",
        "shared_preload_libraries=citus",
        // So that shards are moved while they are written to.
        "wal_level=logical",
        "citus.recover_2pc_interval=1s",
        "citus.shard_count=8",
        "max_prepared_transactions=300",
    ];
    Cluster::start(&binaries().expect("server binaries"), &settings).expect("a server")
}

impl CitusCluster {
    /// A coordinator that knows one worker, and another worker that it does not know yet.
    pub async fn start() -> Self {
        let servers = || [0; 3].map(|_| std::thread::spawn(server));
        let servers = tokio::task::spawn_blocking(move || {
            servers().map(|server| server.join().expect("a server"))
        });
        let [coordinator, first, second] = servers.await.expect("they start");
        let cluster = Self { coordinator, workers: vec![first, second] };
        for node in std::iter::once(&cluster.coordinator).chain(&cluster.workers) {
            let node_database = database(node);
            execute(&node_database, "create extension citus").await;
            // By which it connects to itself.
            let host = node.folder().display();
            execute(&node_database, &format!("alter system set citus.local_hostname = '{host}'"))
                .await;
            execute(&node_database, "select pg_reload_conf()").await;
        }
        let host = cluster.coordinator.folder().display();
        let this = format!("select citus_set_coordinator_host('{host}', 5432)");
        execute(&cluster.database(), &this).await;
        cluster.add_worker(0).await;
        cluster
    }

    /// Makes a worker known to the coordinator.
    pub async fn add_worker(&self, number: usize) {
        let host = self.workers[number].folder().display();
        execute(&self.database(), &format!("select citus_add_node('{host}', 5432)")).await;
    }

    /// The database, as services see it.
    pub fn database(&self) -> Database {
        database(&self.coordinator)
    }

    /// Kills a process of a node, the coordinator or a worker: PostgreSQL then kills all others of it, and
    /// recovers.
    pub async fn crash(&self, node: usize) {
        let node = std::iter::once(&self.coordinator).chain(&self.workers).nth(node);
        let pid = "select pid::bigint from pg_stat_activity where backend_type = 'checkpointer'";
        let pid = database(node.expect("a node")).number(pid).await.to_string();
        Command::new("kill").args(["-KILL", &pid]).status().expect("kill runs");
    }

    pub async fn stop(mut self) {
        let stop = move || {
            self.coordinator.stop();
            self.workers.iter_mut().for_each(Cluster::stop);
        };
        tokio::task::spawn_blocking(stop).await.expect("they stop");
    }
}

fn database(node: &Cluster) -> Database {
    Database { engine: Engine::Postgres, url: format!("{}/postgres", node.server_url()) }
}
