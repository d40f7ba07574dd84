//! SQL lives here and nowhere else. Leans on `domain`, on `auth` for the permits that every
//! operation demands, and on `vault` for what may not be stored in the clear.
//!
//! Each method of [`Store`] is one unit of work and atomic. It says `None` for what is not
//! there, never what HTTP would say of it. Two engines keep the same promises: SQL that is the
//! same on both is written once, where it differs a `Dialect` chooses, and the conformance tests
//! run every method on both.

mod arguments;
mod assignments;
mod audit;
mod change;
mod claims;
mod codes;
mod columns;
mod connections;
mod device_states;
mod engine;
mod error;
mod export;
mod finding;
mod idempotency;
mod import;
mod installation;
mod keyring;
mod lanes;
mod ledger;
mod listing;
mod master_keys;
mod memo;
mod migrate;
mod pools;
mod postgres;
mod precondition;
mod prepare;
mod record;
mod rotation;
mod sealed_codes;
mod sql;
mod sqlite;
mod statement;
mod stock;
mod stored;
mod work;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

pub use error::{Conflict, OpenError, StoreError};
pub use import::{Checked, Import, ImportInto};
pub use master_keys::MasterKeySource;
pub use precondition::{Conditional, EntityKey, Precondition};
pub use prepare::Prepared;
pub use rotation::Rotated;

use crate::domain::{Assignment, AuditEvent, DeviceState, Pool, PooledCode};

use claims::Progress;
use engine::Engine;
use finding::Find;
use idempotency::Turns;
use keyring::Keyring;
use lanes::Lanes;

/// The database, behind one contract. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    engine: Engine,
    keyring: Keyring,
    turns: Turns,
    progress: Progress,
    lanes: AllLanes,
    /// Where imports wait until all of them has come.
    spool: PathBuf,
}

/// Declares where callers wait for each other's company, a lane for each kind of work.
macro_rules! lanes {
    ($($(#[$about:meta])* $name:ident: $job:ty),+ $(,)?) => {
        #[derive(Debug)]
        struct AllLanes { $($(#[$about])* $name: Lanes<$job>),+ }

        impl AllLanes {
            fn new(most_waiting: usize) -> Self {
                Self { $($name: Lanes::new(most_waiting)),+ }
            }
        }
    };
}

lanes! {
    new_pools: pools::Create,
    claims: claims::Job,
    new_device_states: device_states::Create,
    changed_device_states: device_states::Update,
    pools: Find<Pool>,
    assignments: Find<Assignment>,
    device_states: Find<DeviceState>,
    codes: Find<PooledCode>,
    audit_events: Find<AuditEvent>,
}

/// Where the data is and how to reach it.
#[derive(Debug)]
pub struct StoreOptions {
    /// `postgres://…` or `sqlite://…`
    pub url: String,
    /// The most connections to hold.
    pub max_connections: u32,
    /// How long to wait for one of them before giving up.
    pub acquire_timeout: Duration,
    /// The most changes of a kind that wait until others are done.
    pub max_waiting: usize,
    /// How long a statement may run (Postgres only).
    pub statement_timeout: Duration,
    /// The folder where imports wait until all of them has come.
    pub spool_dir: PathBuf,
    /// Whether a server may hold SQLite's file meanwhile: for what is done beside one.
    pub beside_a_server: bool,
}

impl Store {
    /// A store that has yet to be [prepared](Self::prepare). Fails on a URL that names no engine
    /// and on a file that another server holds, not on a database that is away.
    pub async fn open(options: &StoreOptions) -> Result<Self, OpenError> {
        let engine = Engine::open(options).await?;
        Ok(Self(Arc::new(Inner {
            engine,
            keyring: Keyring::default(),
            turns: Turns::default(),
            progress: Progress::default(),
            lanes: AllLanes::new(options.max_waiting),
            spool: options.spool_dir.clone(),
        })))
    }

    /// Whether the database answers and has the schema that this program needs.
    pub async fn health(&self) -> Result<(), StoreError> {
        self.0.keyring.masters()?;
        migrate::is_current(&self.0.engine).await
    }

    /// The engine's name, for people.
    #[must_use]
    pub fn engine(&self) -> &'static str {
        self.0.engine.name()
    }

    /// Where the data is, for people: no password.
    #[must_use]
    pub fn location(&self) -> &str {
        self.0.engine.location()
    }

    /// Connections that are open, and those of them that are idle.
    #[must_use]
    pub fn connections(&self) -> (u32, u32) {
        self.0.engine.connections()
    }

    /// Statements that only looked, and units of work, since the start.
    #[must_use]
    pub fn work_done(&self) -> (u64, u64) {
        self.0.engine.work_done()
    }

    /// Waits for what is under way and closes every connection.
    pub async fn close(&self) {
        self.0.engine.close().await;
    }
}

/// The default location of SQLite's file.
#[must_use]
pub fn sqlite_url(data_dir: &Path) -> String {
    /// What a URL would take for something else than a part of the path.
    const SPECIAL: &AsciiSet = &CONTROLS.add(b'%').add(b'?').add(b'#');
    let file = data_dir.join("esimpool.db").display().to_string();
    format!("sqlite://{}", utf8_percent_encode(&file, SPECIAL))
}
