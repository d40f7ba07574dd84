//! Changes: units of work that are written down. What cannot be audited does not happen, and what
//! a caller names by a key happens once.

use std::time::Duration;

use futures_util::future::BoxFuture;

use super::attempts::Key;
use super::audit::Entry;
use super::engine::Dialect;
use super::sql::Sql;
use super::statement::{Encoded, Statement};
use super::work::{End, Work};
use super::{Conflict, Store, StoreError};
use crate::auth::{Access, Permit};
use crate::domain::{Activity, AuditDraft, Stamp, Timestamp};

/// How a change ends.
#[derive(Debug)]
pub(super) enum Changed<T> {
    /// It happens, and is written down.
    Yes {
        /// What it gives.
        value: T,
        /// What is written into the audit log.
        audit: AuditDraft,
        /// What the answer can be made of again, if the same request comes again. No secrets.
        memo: String,
    },
    /// There was nothing to do.
    No(T),
}

/// What a change came to.
#[derive(Debug)]
pub(super) enum Made<T> {
    /// It was made now, or there was nothing to do.
    Now(T),
    /// It was made before, by the same request: its memo.
    Before(String),
}

impl<T> Made<T> {
    /// The same of a change that nobody names by a key.
    pub(super) fn now(self) -> Result<T, StoreError> {
        match self {
            Self::Now(value) => Ok(value),
            Self::Before(_) => Err(StoreError::KeyReused),
        }
    }
}

/// The statements of a change, as a function of where to run them.
pub(super) trait ChangeUnit<T>:
    for<'w, 'c> FnOnce(&'w mut Work<'c>) -> BoxFuture<'w, Result<Changed<T>, StoreError>>
    + Send
    + 'static
{
}

impl<T, F> ChangeUnit<T> for F where
    F: for<'w, 'c> FnOnce(&'w mut Work<'c>) -> BoxFuture<'w, Result<Changed<T>, StoreError>>
        + Send
        + 'static
{
}

/// What goes with a change into its transaction.
#[derive(Clone, Debug)]
pub(super) struct Record {
    entry: Entry,
    key: Option<Key>,
}

impl Record {
    /// The statements that write it down.
    pub(super) fn statements(
        &self,
        dialect: Dialect,
        audit: &AuditDraft,
        memo: String,
    ) -> impl Iterator<Item = Statement> + use<> {
        let mut entry = Sql::new(dialect, "", []);
        self.entry.insert(audit, &mut entry);
        let memo = self.key.as_ref().map(|key| {
            let mut sql = Sql::new(dialect, "", []);
            key.insert(memo, self.entry.at(), &mut sql);
            sql.finish()
        });
        [Some(entry.finish()), memo].into_iter().flatten()
    }

    /// Writes it down as parts of a larger statement: `with …, entry as (…), memo as (…)`.
    pub(super) fn write_into(&self, audit: &AuditDraft, memo: String, sql: &mut Sql) {
        sql.push(", entry as (");
        self.entry.insert(audit, sql);
        sql.push(")");
        if let Some(key) = &self.key {
            sql.push(", memo as (");
            key.insert(memo, self.entry.at(), sql);
            sql.push(")");
        }
    }
}

impl Store {
    /// Makes a change for the holder of a permit.
    pub(super) async fn change<A: Access, T: Send + 'static>(
        &self,
        permit: &Permit<A>,
        stamp: Stamp,
        unit: impl ChangeUnit<T>,
    ) -> Result<Made<T>, StoreError> {
        self.change_within(self.0.engine.deadline(), permit, stamp, unit).await
    }

    /// The same with another deadline.
    pub(super) async fn change_within<A: Access, T: Send + 'static>(
        &self,
        deadline: Duration,
        permit: &Permit<A>,
        stamp: Stamp,
        unit: impl ChangeUnit<T>,
    ) -> Result<Made<T>, StoreError> {
        self.once(permit, stamp, async |record: Record| {
            self.write_down(deadline, record, unit).await
        })
        .await
    }

    /// Makes a change whose statements are known beforehand: `statements` puts them together with
    /// what is written down.
    pub(super) async fn change_at_once<A: Access>(
        &self,
        permit: &Permit<A>,
        stamp: Stamp,
        statements: impl AsyncFnOnce(Record) -> Result<Vec<Encoded>, StoreError>,
    ) -> Result<Made<()>, StoreError> {
        self.once(permit, stamp, async |record: Record| {
            let entry = record.entry.clone();
            let statements = statements(record).await?;
            let done = self.0.engine.apply(statements).await;
            self.settle(&entry, done, ()).await
        })
        .await
    }

    /// The memo of the change that the same request has made before.
    pub(super) async fn made_before<A: Access>(
        &self,
        permit: &Permit<A>,
        now: Timestamp,
    ) -> Result<Option<String>, StoreError> {
        let Some(attempt) = permit.attempt() else { return Ok(None) };
        let key = Key::new(permit, attempt, &*self.tenant_keys(permit.tenant()).await?);
        self.recall(&key, now).await
    }

    /// Makes a change, unless the same request has made it before. Requests with the same key take
    /// turns, without holding a connection.
    async fn once<A: Access, T>(
        &self,
        permit: &Permit<A>,
        stamp: Stamp,
        make: impl AsyncFnOnce(Record) -> Result<T, StoreError>,
    ) -> Result<Made<T>, StoreError> {
        let entry = Entry::new(permit, stamp);
        let Some(attempt) = permit.attempt() else {
            return make(Record { entry, key: None }).await.map(Made::Now);
        };
        let key = Key::new(permit, attempt, &*self.tenant_keys(permit.tenant()).await?);
        let _turn = self.0.turns.take(&key).await;
        if let Some(memo) = self.recall(&key, stamp.at).await? {
            return Ok(Made::Before(memo));
        }
        match make(Record { entry, key: Some(key.clone()) }).await {
            // Another server was faster.
            Err(StoreError::Conflict(Conflict::KeyTaken)) => {
                let memo = self.recall(&key, stamp.at).await?;
                let gone = || StoreError::Unavailable("a key was taken and forgotten".to_owned());
                memo.map(Made::Before).ok_or_else(gone)
            }
            done => done.map(Made::Now),
        }
    }

    async fn write_down<T: Send + 'static>(
        &self,
        deadline: Duration,
        record: Record,
        unit: impl ChangeUnit<T>,
    ) -> Result<T, StoreError> {
        let entry = record.entry.clone();
        // What the unit gave, if only the answer to its commit is lost.
        let (sender, mut given) = tokio::sync::oneshot::channel();
        let done = self.0.engine.unit_within(deadline, move |work| {
            Box::pin(async move {
                match unit(work).await.map_err(StoreError::before_commit)? {
                    Changed::No(value) => {
                        // Nobody listens only where the caller has left.
                        drop(sender.send(value));
                        Ok(End::Rollback(()))
                    }
                    Changed::Yes { value, audit, memo } => {
                        for statement in record.statements(work.dialect(), &audit, memo) {
                            work.run(statement).await.map_err(StoreError::before_commit)?;
                        }
                        drop(sender.send(value));
                        Ok::<_, StoreError>(End::Commit(()))
                    }
                }
            })
        });
        let done = done.await;
        let value = given.try_recv().ok();
        match (done, value) {
            (done, Some(value)) => self.settle(&entry, done, value).await,
            (Err(error), None) => Err(error.before_commit()),
            (Ok(()), None) => Err(StoreError::Unavailable("a change gave nothing".to_owned())),
        }
    }

    /// What a change came to. Where the answer to its commit was lost, its entry in the audit log
    /// tells whether it happened.
    async fn settle<T>(
        &self,
        entry: &Entry,
        done: Result<(), StoreError>,
        value: T,
    ) -> Result<T, StoreError> {
        match done {
            Ok(()) => Ok(value),
            Err(StoreError::Unknown(cause)) => {
                if self.has_happened(entry).await? {
                    Ok(value)
                } else {
                    Err(StoreError::Unavailable(cause))
                }
            }
            Err(error) => Err(error),
        }
    }

    /// Whether an entry is in the log, and if not, that it never will be: an insert of the same one
    /// waits for the first, if that is still under way.
    async fn has_happened(&self, entry: &Entry) -> Result<bool, StoreError> {
        let entry = entry.clone();
        let unit = self.0.engine.unit(move |work| {
            Box::pin(async move {
                let mut sql = Sql::new(work.dialect(), "", []);
                entry.insert(&AuditDraft::new(Activity::Other), &mut sql);
                work.run(sql.finish()).await?;
                Ok::<_, StoreError>(End::Rollback(()))
            })
        });
        match unit.await {
            Ok(()) => Ok(false),
            Err(StoreError::Conflict(Conflict::RowExists)) => Ok(true),
            Err(error) => Err(error),
        }
    }
}
