//! Making a database ready: its schema, and the master key that it was encrypted with.
//!
//! Both happen in one transaction under a lock, so that servers which start at the same moment on
//! one empty database agree.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sqlx::FromRow;

use super::statement::{Statement, args};
use super::work::{End, Work};
use super::{OpenError, Store, migrate};
use crate::private_file;
use crate::vault::MasterKey;

/// Where the master key comes from.
#[derive(Clone, Debug)]
pub enum MasterKeySource {
    /// From the settings.
    Given(Arc<MasterKey>),
    /// From a file beside the data, made for an empty database.
    Beside(PathBuf),
}

/// What was done to make a database ready.
#[derive(Debug, Default)]
pub struct Prepared {
    /// The migrations that were applied, by name.
    pub migrations: Vec<String>,
    /// The master key file that was made: from now on, a backup is the database and this file.
    pub new_key_file: Option<PathBuf>,
}

/// How long a migration of a large database, or another server's, may take.
const PATIENCE: Duration = Duration::from_hours(24);

#[derive(FromRow)]
struct CheckRow {
    master_key_id: String,
    check_value: Vec<u8>,
}

impl Store {
    /// Brings the schema up to date (if `migrate`; else only checks it) and holds the master key
    /// against the database. Nothing is done by halves.
    pub async fn prepare(
        &self,
        migrate: bool,
        source: &MasterKeySource,
    ) -> Result<Prepared, OpenError> {
        let source = source.clone();
        let prepared = self.0.engine.unit_within(PATIENCE, move |work| {
            Box::pin(async move {
                migrate::lock(work).await?;
                let migrations = if migrate { migrate::run(work).await? } else { Vec::new() };
                migrate::check(work).await?;
                let (master, new_key_file) = master_key(work, &source).await?;
                Ok::<_, OpenError>(End::Commit((master, Prepared { migrations, new_key_file })))
            })
        });
        let (master, prepared) = prepared.await?;
        self.0.keyring.set_master(master)?;
        Ok(prepared)
    }
}

/// The master key that this database is encrypted with: the given one if it fits, and for an
/// empty database whichever there is.
async fn master_key(
    work: &mut Work<'_>,
    source: &MasterKeySource,
) -> Result<(Arc<MasterKey>, Option<PathBuf>), OpenError> {
    let known: Vec<CheckRow> = work
        .rows(Statement::new("select master_key_id, check_value from encryption_checks", args![]))
        .await?;
    let (master, new_key_file) = match source {
        MasterKeySource::Given(master) => (master.clone(), None),
        MasterKeySource::Beside(path) => read_key_file(path, known.first())?,
    };
    if known.is_empty() {
        let insert = Statement::new(
            "insert into encryption_checks (master_key_id, check_value) values ($1, $2)",
            args![master.id().as_str(), master.check_value()],
        );
        work.run(insert).await?;
    } else if !known.iter().any(|row| master.made(&row.check_value)) {
        return Err(OpenError::WrongMasterKey {
            ours: master.id().to_string(),
            theirs: known
                .iter()
                .map(|row| row.master_key_id.as_str())
                .collect::<Vec<_>>()
                .join(", "),
        });
    }
    Ok((master, new_key_file))
}

/// The key in the file at `path`; for an empty database it is made.
fn read_key_file(
    path: &PathBuf,
    known: Option<&CheckRow>,
) -> Result<(Arc<MasterKey>, Option<PathBuf>), OpenError> {
    let io = |cause| OpenError::Io { path: path.clone(), cause };
    let (text, made) = match known {
        None => private_file::read_or_make(path, || (MasterKey::generate() + "\n").into_bytes())
            .map_err(io)?,
        Some(row) if !path.exists() => {
            return Err(OpenError::NoMasterKey {
                theirs: row.master_key_id.clone(),
                path: path.clone(),
            });
        }
        Some(_) => (fs::read(path).map_err(io)?, false),
    };
    let master = MasterKey::parse(&String::from_utf8_lossy(&text))
        .map_err(|cause| OpenError::BadMasterKey { path: path.clone(), cause })?;
    Ok((Arc::new(master), made.then(|| path.clone())))
}
