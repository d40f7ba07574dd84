//! What can go wrong with a database, by what it means to the caller.

#![warn(clippy::wildcard_enum_match_arm)]

use std::io;
use std::path::PathBuf;

use sqlx::error::DatabaseError;
use sqlx::sqlite::SqliteError;

use super::sqlstate::{Verdict, verdict};
use crate::vault::{DecryptionError, MasterKeyError};

/// Why an operation of the store did not succeed. The cause is for the log, not for the wire.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database is unavailable, too busy, or not prepared. Nothing was changed.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// Other transactions were in the way, as one that holds a lock. Nothing was changed, and trying
    /// again helps.
    #[error("other transactions were in the way: {0}")]
    Locked(String),
    /// The connection broke, or the answer did not come in time: a change may have been made or not.
    #[error("the connection to the database broke: {0}")]
    Unknown(String),
    /// A constraint of the database.
    #[error("{0}")]
    Conflict(Conflict),
    /// There is no disk space for an import. Nothing was changed.
    #[error("there is no space for an import: {0}")]
    SpoolFull(String),
    /// The idempotency key belongs to another request of the caller.
    #[error("the key was given to another request")]
    KeyReused,
    /// A stored secret or key cannot be decrypted: it was encrypted under another key, or is damaged.
    #[error(transparent)]
    Unopenable(#[from] DecryptionError),
    /// The database cannot serve this program.
    #[error("{0}")]
    Unfit(String),
    /// Anything else: a defect of the service or of the database.
    #[error("the database failed: {0}")]
    Failed(#[source] sqlx::Error),
}

/// What a violated constraint means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// Strict validation: the tenant has another code with that ICCID.
    #[error("an activation code with one of these ICCIDs exists already in the tenant")]
    IccidExists,
    /// The pool has another assignment with that target.
    #[error("the pool has an assignment with this target already")]
    TargetExists,
    /// The device has another code of the pool.
    #[error(
        "The device has another activation code of this pool that is installing or installed, so this \
         one cannot be. Release the other one, or report its device state as 'deleted', first."
    )]
    DeviceHasCode,
    /// The same request is being executed, or was.
    #[error("the key is taken")]
    KeyTaken,
    /// The pool that something should belong to does not exist.
    #[error("there is no such pool")]
    NoPool,
    /// A row of that id exists.
    #[error("this exists already")]
    RowExists,
}

/// Why a store cannot be opened or prepared.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Neither of the two schemes, or not a URL.
    #[error("database.url must begin with 'postgres://' or 'sqlite://': {0}")]
    BadUrl(String),
    /// Another server has the SQLite file.
    #[error("{} is in use by another server; stop that one, or set another data_dir", .0.display())]
    Locked(PathBuf),
    /// A file or folder that cannot be used.
    #[error("{}: {cause}", path.display())]
    Io {
        /// Its path.
        path: PathBuf,
        /// The error of the operating system.
        cause: io::Error,
    },
    /// The database is unavailable. Trying again may help.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The schema cannot be brought up to date.
    #[error("the schema cannot be migrated: {0}")]
    Migration(String),
    /// The schema is older than the program, and migrating is switched off.
    #[error(
        "the schema is at version {found}, this program needs {needed}: run 'esimpool migrate', or set database.migrate_on_start"
    )]
    SchemaTooOld {
        /// The newest migration that was applied.
        found: i32,
        /// The newest that the program knows.
        needed: i32,
    },
    /// A newer program has changed the schema so that this one cannot use it.
    #[error(
        "the schema was changed by a newer program and needs at least version {0} of the schema's program; run that one"
    )]
    SchemaTooNew(i32),
    /// The master key is not the one that the database was encrypted with.
    #[error(
        "the database is encrypted under another master key ({theirs}; this one is {ours}): \
         give that key in encryption.key_file or encryption.key"
    )]
    WrongMasterKey {
        /// The id of the key that was given.
        ours: String,
        /// The id of the key that the database knows.
        theirs: String,
    },
    /// The database is not empty and no key was given.
    #[error(
        "the database is encrypted under master key {theirs} and no key is set: give it in \
         encryption.key_file or encryption.key, or restore {}", path.display()
    )]
    NoMasterKey {
        /// The id of the key that the database knows.
        theirs: String,
        /// Where a server would have put the key.
        path: PathBuf,
    },
    /// There is no file to put a new master key into.
    #[error(
        "encryption.key is given as a value: put a new key before the old one there ('openssl rand \
         -base64 32' makes one; a blank between them) for every server, restart them, and run this \
         again"
    )]
    MasterKeyInSettings,
    /// A running server could not use what is wrapped under the new master key.
    #[error(
        "the new master key {key} is not known to {}: put it before the old one where these servers \
         read their keys, and run this again; nothing was changed but the key file here",
        servers.join(", ")
    )]
    ServersLackKey {
        /// The id of the new key.
        key: String,
        /// The servers, by machine and process.
        servers: Vec<String>,
    },
    /// The key file holds no key.
    #[error("{}: {cause}", path.display())]
    BadMasterKey {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: MasterKeyError,
    },
    /// The tables cannot be distributed.
    #[error("the tables cannot be distributed: {0}")]
    CannotDistribute(String),
    /// Anything else.
    #[error(transparent)]
    Store(StoreError),
}

/// The server is of a version that is not supported.
#[derive(Debug, thiserror::Error)]
#[error("the server is PostgreSQL {found}, and at least {oldest} is needed")]
pub(super) struct TooOld {
    pub(super) found: u32,
    pub(super) oldest: u32,
}

impl StoreError {
    /// Whether a secret was sealed with a data key that the tenant's keys lacked when they were read.
    pub(super) fn is_unknown_key(&self) -> bool {
        matches!(self, Self::Unopenable(DecryptionError::UnknownKey))
    }

    /// The meaning of an error of work that changes nothing, or nothing yet.
    pub(super) fn before_commit(self) -> Self {
        match self {
            Self::Unknown(cause) => Self::Unavailable(cause),
            other @ (Self::Unavailable(_)
            | Self::Locked(_)
            | Self::SpoolFull(_)
            | Self::Conflict(_)
            | Self::KeyReused
            | Self::Unopenable(_)
            | Self::Unfit(_)
            | Self::Failed(_)) => other,
        }
    }
}

impl From<StoreError> for OpenError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(cause)
            | StoreError::Locked(cause)
            | StoreError::Unknown(cause) => Self::Unavailable(cause),
            other @ (StoreError::SpoolFull(_)
            | StoreError::Conflict(_)
            | StoreError::KeyReused
            | StoreError::Unopenable(_)
            | StoreError::Unfit(_)
            | StoreError::Failed(_)) => Self::Store(other),
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        if let Some(cause) = error.as_database_error() {
            return by_code(cause).unwrap_or(Self::Failed(error));
        }
        let before_anything_was_sent = matches!(
            error,
            sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::BeginFailed
                | sqlx::Error::WorkerCrashed
        );
        let broken =
            matches!(error, sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_));
        if let sqlx::Error::Configuration(cause) = &error {
            return match cause.downcast_ref::<TooOld>() {
                Some(too_old) => Self::Unfit(too_old.to_string()),
                None => Self::Unavailable(cause.to_string()),
            };
        }
        if before_anything_was_sent {
            Self::Unavailable(error.to_string())
        } else if broken {
            Self::Unknown(error.to_string())
        } else {
            Self::Failed(error)
        }
    }
}

/// What an error of the database means, by its code and the name of the constraint.
fn by_code(error: &dyn DatabaseError) -> Option<StoreError> {
    if error.is_unique_violation() {
        return Some(StoreError::Conflict(violated(error)));
    }
    if error.is_foreign_key_violation() {
        return Some(StoreError::Conflict(Conflict::NoPool));
    }
    let code = error.code().unwrap_or_default();
    if error.try_downcast_ref::<SqliteError>().is_some() {
        // The low byte is the primary code.
        return match code.parse::<u32>().unwrap_or_default() & 0xff {
            // Busy, locked, cannot open: nothing was executed.
            5 | 6 | 14 => Some(StoreError::Unavailable(error.to_string())),
            // I/O error, disk full: possibly during the commit.
            10 | 13 => Some(StoreError::Unknown(error.to_string())),
            _ => None,
        };
    }
    // A statement that was prepared before a newer server changed the schema: the next connection
    // prepares it anew.
    if code == "0A000" && error.message().starts_with("cached plan") {
        return Some(StoreError::Unknown(error.to_string()));
    }
    Some(match verdict(&code)? {
        Verdict::Unknown => StoreError::Unknown(error.to_string()),
        Verdict::Locked => StoreError::Locked(error.to_string()),
        Verdict::Unavailable | Verdict::ReadOnly => StoreError::Unavailable(error.to_string()),
        Verdict::Pooler => StoreError::Unfit(
            "a pooler between the service and PostgreSQL loses prepared statements: use its session \
             mode, or pgbouncer 1.21 or newer for its transaction mode"
                .to_owned(),
        ),
    })
}

/// Whether the server that answered only reads.
pub(super) fn is_read_only(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(DatabaseError::code);
    code.is_some_and(|code| verdict(&code) == Some(Verdict::ReadOnly))
}

/// The constraint that a unique index enforces. The message of Postgres names the index, which on Citus
/// has a number after its name; that of SQLite names its columns.
fn violated(error: &dyn DatabaseError) -> Conflict {
    let named = |index: &str, column: &str| {
        error.message().contains(index) || error.message().contains(column)
    };
    if named("activation_codes_unique_iccid", "activation_codes.unique_iccid") {
        Conflict::IccidExists
    } else if named("assignments_once_a_target", "assignments.target_kind") {
        Conflict::TargetExists
    } else if named("handouts_once_a_device", "handouts.device") {
        Conflict::DeviceHasCode
    } else if named("idempotency_keys_once", "idempotency_keys.key") {
        Conflict::KeyTaken
    } else {
        Conflict::RowExists
    }
}
