//! Where the database is and how to reach it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::shares::Threshold;

/// Where the database is and how to reach it.
#[derive(Debug)]
pub struct StoreOptions {
    /// `postgres://…` or `sqlite://…`
    pub url: String,
    /// The most connections to hold.
    pub max_connections: u32,
    /// The percentage of connections and queue places that one tenant may have while no other has any.
    pub tenant_share: u8,
    /// How long an operation waits altogether: in a queue, for a connection, for locks.
    pub acquire_timeout: Duration,
    /// How long a read may take.
    pub read_timeout: Duration,
    /// The most jobs of one kind that wait in batch queues.
    pub max_waiting: usize,
    /// How long a statement that changes something may run (Postgres only).
    pub statement_timeout: Duration,
    /// The folder for imports that are still being received.
    pub spool_dir: PathBuf,
    /// How much disk space they may take together, in bytes.
    pub spool_max_bytes: u64,
    /// The free space of that file system that they must leave, in bytes.
    pub spool_reserve_bytes: u64,
    /// Whether another server may hold SQLite's file: for commands that run beside a server.
    pub beside_a_server: bool,
}

impl StoreOptions {
    pub(in crate::store) fn threshold(&self) -> Threshold {
        Threshold::new(self.tenant_share)
    }
}

/// The URL of the default SQLite file in `data_dir`.
#[must_use]
pub fn sqlite_url(data_dir: &Path) -> String {
    /// Characters of a path that a URL gives another meaning.
    const SPECIAL: &AsciiSet = &CONTROLS.add(b'%').add(b'?').add(b'#');
    let file = data_dir.join("esimpool.db").display().to_string();
    format!("sqlite://{}", utf8_percent_encode(&file, SPECIAL))
}
