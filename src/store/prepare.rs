//! Making a database ready: its schema, and the master key that it was encrypted with.
//!
//! Both happen in one transaction under a lock, so that servers which start at the same moment on
//! one empty database agree.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::arguments::args;
use super::record::record;
use super::statement::Statement;
use super::work::{End, Work};
use super::{MasterKeySource, OpenError, Store, migrate};
use crate::vault::MasterKeys;

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

record! {
    struct CheckRow {
        master_key_id: String,
        check_value: Vec<u8>,
    }
}

impl Store {
    /// Brings the schema up to date (if `migrate`; else only checks it) and holds the master key
    /// against the database. Nothing is done by halves.
    pub async fn prepare(
        &self,
        migrate: bool,
        source: &MasterKeySource,
    ) -> Result<Prepared, OpenError> {
        let asked = source.clone();
        let prepared = self.0.engine.unit_within(PATIENCE, move |work| {
            Box::pin(async move {
                migrate::lock(work).await?;
                let migrations = if migrate { migrate::run(work).await? } else { Vec::new() };
                migrate::check(work).await?;
                let (masters, new_key_file) = master_keys(work, &asked).await?;
                Ok::<_, OpenError>(End::Commit((masters, Prepared { migrations, new_key_file })))
            })
        });
        let (masters, prepared) = prepared.await?;
        self.0.keyring.set_masters(masters, source.clone());
        Ok(prepared)
    }
}

/// The master keys that this database is encrypted with: those of the source if they fit, and for
/// an empty database whichever there are.
async fn master_keys(
    work: &mut Work<'_>,
    source: &MasterKeySource,
) -> Result<(Arc<MasterKeys>, Option<PathBuf>), OpenError> {
    let known: Vec<CheckRow> = work
        .rows(Statement::new("select master_key_id, check_value from encryption_checks", args![]))
        .await?;
    if known.is_empty() {
        let (masters, new_key_file) = source.read_or_make()?;
        let first = masters.first();
        let insert = Statement::new(
            "insert into encryption_checks (master_key_id, check_value) values ($1, $2)",
            args![first.id().as_str(), first.check_value()],
        );
        work.run(insert).await?;
        return Ok((masters, new_key_file));
    }
    if let MasterKeySource::Beside(path) = source
        && !path.exists()
    {
        return Err(OpenError::NoMasterKey { theirs: ids(&known), path: path.clone() });
    }
    let masters = source.read()?;
    let is_here = |row: &CheckRow| masters.iter().any(|master| master.made(&row.check_value));
    if !known.iter().all(is_here) {
        return Err(OpenError::WrongMasterKey { ours: masters.ids(), theirs: ids(&known) });
    }
    // A rotation that was interrupted leaves tenants under a key that the database has no check
    // value of any more.
    let used = Statement::new("select distinct master_key_id from tenant_keys", args![]);
    let used: Vec<(String,)> = work.rows(used).await?;
    if let Some((missing,)) = used.into_iter().find(|(id,)| masters.named(id).is_none()) {
        return Err(OpenError::WrongMasterKey { ours: masters.ids(), theirs: missing });
    }
    Ok((masters, None))
}

fn ids(known: &[CheckRow]) -> String {
    known.iter().map(|row| row.master_key_id.as_str()).collect::<Vec<_>>().join(", ")
}
