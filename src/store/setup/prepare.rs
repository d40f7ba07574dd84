//! Making a database ready: its schema, and the master key that it was encrypted with.
//!
//! Both happen in one transaction under a lock, so that servers which start on one empty database
//! at the same time agree.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::{distribution, migrate, session};
use crate::store::db::{Completion, Statement, Transaction, Unit, params, row};
use crate::store::error::OpenError;
use crate::store::handle::Store;
use crate::store::keys::MasterKeySource;
use crate::vault::MasterKeys;

/// What was done to make a database ready.
#[derive(Debug, Default)]
pub struct Prepared {
    /// The names of the migrations that were applied.
    pub migrations: Vec<String>,
    /// The master key file that was made: from now on, a backup is the database and this file.
    pub new_key_file: Option<PathBuf>,
    /// What is not as it should be, though the database can be used.
    pub warnings: Vec<String>,
}

/// How long a migration of a large database, or another server's, may take.
const PREPARE_TIMEOUT: Duration = Duration::from_hours(24);

row! {
    struct CheckRow {
        master_key_id: String,
        check_value: Vec<u8>,
    }
}

impl Store {
    /// Brings the schema up to date, or only checks it unless `migrate`, and checks that the master
    /// key is the one that the database is encrypted with. Atomic.
    pub async fn prepare(
        &self,
        migrate: bool,
        source: &MasterKeySource,
    ) -> Result<Prepared, OpenError> {
        let asked = source.clone();
        let prepared =
            self.engine().transaction(Unit::new("prepare"), PREPARE_TIMEOUT, move |transaction| {
                Box::pin(async move {
                    migrate::lock_schema(transaction).await?;
                    let migrations =
                        if migrate { migrate::run(transaction).await? } else { Vec::new() };
                    migrate::check(transaction).await?;
                    let (masters, new_key_file) = master_keys(transaction, &asked).await?;
                    let warnings = session::warnings(transaction).await?;
                    let distributed = distribution::is_distributed(transaction).await?;
                    Ok::<_, OpenError>(Completion::Commit((
                        (masters, distributed),
                        Prepared { migrations, new_key_file, warnings },
                    )))
                })
            });
        let ((masters, distributed), prepared) = prepared.await?;
        self.engine().set_distributed(distributed);
        self.key_cache().set_master_keys(masters, source.clone());
        Ok(prepared)
    }
}

/// The master keys that this database is encrypted with: those of the source if they match its
/// check values, or any for an empty database.
async fn master_keys(
    transaction: &mut Transaction<'_>,
    source: &MasterKeySource,
) -> Result<(Arc<MasterKeys>, Option<PathBuf>), OpenError> {
    let known: Vec<CheckRow> = transaction
        .rows(Statement::new("select master_key_id, check_value from encryption_checks", params![]))
        .await?;
    if known.is_empty() {
        let (masters, new_key_file) = source.read_or_make()?;
        let first = masters.first();
        let insert = Statement::new(
            "insert into encryption_checks (master_key_id, check_value) values ($1, $2)",
            params![first.id().as_str(), first.check_value()],
        );
        transaction.execute(insert).await?;
        return Ok((masters, new_key_file));
    }
    if let MasterKeySource::Beside(path) = source
        && !path.exists()
    {
        return Err(OpenError::NoMasterKey { theirs: ids(&known), path: path.clone() });
    }
    let masters = source.read()?;
    let is_here =
        |row: &CheckRow| masters.iter().any(|master| master.matches_check_value(&row.check_value));
    if !known.iter().all(is_here) {
        return Err(OpenError::WrongMasterKey { ours: masters.ids(), theirs: ids(&known) });
    }
    // An interrupted rotation leaves tenants under a key whose check value has been deleted.
    let used = Statement::new("select distinct master_key_id from tenant_keys", params![]);
    let used: Vec<(String,)> = transaction.rows(used).await?;
    if let Some((missing,)) = used.into_iter().find(|(id,)| masters.by_id(id).is_none()) {
        return Err(OpenError::WrongMasterKey { ours: masters.ids(), theirs: missing });
    }
    Ok((masters, None))
}

fn ids(known: &[CheckRow]) -> String {
    known.iter().map(|row| row.master_key_id.as_str()).collect::<Vec<_>>().join(", ")
}
