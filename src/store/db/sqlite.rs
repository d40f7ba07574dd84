//! SQLite, the engine that needs nothing installed: one file, one writer, many readers.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Error, Sqlite};

use super::options::StoreOptions;
use super::pool::{ConnectionPool, Pooled};
use crate::store::error::OpenError;

#[derive(Clone, Debug)]
pub(super) struct Database {
    /// One connection: writers queue here, and not in SQLite's busy handler.
    pub(super) writer: ConnectionPool<Sqlite>,
    pub(super) readers: ConnectionPool<Sqlite>,
    pub(super) location: String,
    /// Held as long as the database is open.
    _lock: Option<Arc<File>>,
}

impl Database {
    /// Creates the file and its folder where they are missing, and locks other servers out.
    pub(super) async fn open(options: &StoreOptions) -> Result<Self, OpenError> {
        let bad = |_| OpenError::BadUrl("it is not a URL of the form sqlite://FILE".to_owned());
        let url = SqliteConnectOptions::from_str(&options.url).map_err(bad)?;
        let path = url.get_filename().to_owned();
        if options.url.contains(":memory:") || options.url.contains("mode=memory") {
            return Err(OpenError::BadUrl(
                "a database in memory would forget every code".to_owned(),
            ));
        }
        let io = |path: &Path| {
            let path = path.to_owned();
            |cause| OpenError::Io { path, cause }
        };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(io(folder))?;
        }
        let lock = if options.beside_a_server { None } else { Some(lock(&path).await?) };

        let connect = url
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // A change that was answered survives a power cut, not only a crash of the process.
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(options.acquire_timeout)
            .disable_statement_logging();
        let timeout = options.acquire_timeout;
        let writer = ConnectionPool::new(connect.clone(), 1, timeout);
        // Creates the file.
        let until = Instant::now() + timeout;
        writer.get(until).await.map_err(OpenError::from)?.return_if(true);
        let read = connect.read_only(true).create_if_missing(false);
        let readers = ConnectionPool::new(read, options.max_connections, timeout);
        let location = path.display().to_string();
        Ok(Self { writer, readers, location, _lock: lock.map(Arc::new) })
    }

    /// The same database, read by a single connection of its own.
    pub(super) fn with_own_connection(&self) -> Self {
        Self { readers: self.readers.sibling(1), ..self.clone() }
    }
}

impl Pooled for Sqlite {
    /// A statement runs on a thread that no caller can end, but it looks for itself.
    async fn set_up(
        connection: &mut SqliteConnection,
        abandoned: &Arc<AtomicBool>,
    ) -> Result<(), Error> {
        /// Instructions of SQLite's machine between two looks: some microseconds.
        const INSTRUCTIONS: i32 = 1000;

        let abandoned = abandoned.clone();
        let mut connection = connection.lock_handle().await?;
        connection.set_progress_handler(INSTRUCTIONS, move || !abandoned.load(Ordering::Relaxed));
        Ok(())
    }
}

/// Locks other servers out of the database at `path` until the returned file is closed.
async fn lock(path: &Path) -> Result<File, OpenError> {
    let mut lock_path = path.to_owned().into_os_string();
    lock_path.push(".lock");
    let lock_path = PathBuf::from(lock_path);
    let io = |cause| OpenError::Io { path: lock_path.clone(), cause };
    let lock = OpenOptions::new().write(true).create(true).truncate(false).open(&lock_path);
    let lock = lock.map_err(io)?;
    take(&lock).await.map_err(|error| match error {
        TryLockError::WouldBlock => OpenError::Locked(path.to_owned()),
        TryLockError::Error(cause) => io(cause),
    })?;
    Ok(lock)
}

/// Waits a little for the lock: another server may be about to release it.
async fn take(lock: &File) -> Result<(), TryLockError> {
    const LOCK_TIMEOUT: Duration = Duration::from_secs(1);
    let (began, mut tick) = (Instant::now(), tokio::time::interval(Duration::from_millis(20)));
    loop {
        tick.tick().await;
        match lock.try_lock() {
            Err(TryLockError::WouldBlock) if began.elapsed() < LOCK_TIMEOUT => {}
            done => return done,
        }
    }
}
