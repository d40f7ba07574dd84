//! SQLite, the engine that needs nothing installed: one file, one writer, many readers.

use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Error, Sqlite};

use super::options::StoreOptions;
use super::pool::ConnectionPool;
use super::servers::{Pooled, Servers};
use crate::private_file;
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
            private_file::create_folder(folder).map_err(io(folder))?;
        }
        let lock = if options.beside_a_server { None } else { Some(lock(&path).await?) };
        make_private(&path).map_err(io(&path))?;

        let connect = url
            .create_if_missing(false)
            .journal_mode(SqliteJournalMode::Wal)
            // A change that was answered survives a power cut, not only a crash of the process.
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(options.acquire_timeout)
            .disable_statement_logging();
        let timeout = options.acquire_timeout;
        let only = |options| Servers::new(vec![options], ());
        let writer = ConnectionPool::new(only(connect.clone()), 1, timeout, options.threshold());
        // A new file becomes a database.
        let until = Instant::now() + timeout;
        writer.get(None, until).await.map_err(OpenError::from)?.return_if(true);
        let read = connect.read_only(true);
        let (max, threshold) = (options.max_connections, options.threshold());
        let readers = ConnectionPool::new(only(read), max, timeout, threshold);
        let location = path.display().to_string();
        Ok(Self { writer, readers, location, _lock: lock.map(Arc::new) })
    }

    /// The same database, read by a single connection of its own.
    pub(super) fn with_own_connection(&self) -> Self {
        Self { readers: self.readers.sibling(1), ..self.clone() }
    }
}

impl Pooled for Sqlite {
    type Session = ();

    /// A statement runs on a thread that no caller can end, but it looks for itself.
    async fn set_up(
        connection: &mut SqliteConnection,
        (): &(),
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

/// Creates the file of the database if there is none, and takes from others than its owner their access
/// to the files there are. SQLite gives the files that it creates beside it the same mode.
fn make_private(path: &Path) -> io::Result<()> {
    // Not through a symbolic link that leads nowhere.
    let created = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    if let Err(error) = created
        && error.kind() != ErrorKind::AlreadyExists
    {
        return Err(error);
    }
    for suffix in ["", "-wal", "-shm"] {
        let mut file = path.to_owned().into_os_string();
        file.push(suffix);
        let mode = match fs::metadata(&file) {
            Ok(metadata) => metadata.permissions().mode(),
            Err(missing) if missing.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        if mode & 0o077 != 0 {
            fs::set_permissions(&file, Permissions::from_mode(0o600))?;
        }
    }
    Ok(())
}

/// Locks other servers out of the database at `path` until the returned file is closed.
async fn lock(path: &Path) -> Result<File, OpenError> {
    let mut lock_path = path.to_owned().into_os_string();
    lock_path.push(".lock");
    let lock_path = PathBuf::from(lock_path);
    let io = |cause| OpenError::Io { path: lock_path.clone(), cause };
    let mut create = OpenOptions::new();
    create.write(true).create(true).truncate(false).mode(0o600);
    // Not through a symbolic link.
    let lock = create.custom_flags(OFlags::NOFOLLOW.bits().cast_signed()).open(&lock_path);
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
