//! Commits, and what became of one whose acknowledgement was lost.

use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;

use super::audit::{self, AuditEntry, Resources};
use crate::domain::{Activity, AuditDraft};
use crate::store::db::{BoundStatement, Completion, Transaction, Unit};
use crate::store::error::{Conflict, StoreError};
use crate::store::handle::Store;

impl Store {
    /// Executes statements that are known beforehand, audit included: `entry` is one of the entries
    /// that they insert. Waits for a connection until then at the latest.
    pub(in crate::store) async fn execute_audited(
        &self,
        name: &'static str,
        entry: &AuditEntry,
        until: Instant,
        statements: Vec<BoundStatement>,
    ) -> Result<(), StoreError> {
        let unit = Unit::of(name, entry.tenant().uuid()).until(until);
        let done = self.engine().execute(unit, statements).await;
        self.resolve_unknown_commit(entry, done.map(drop), ()).await
    }

    /// Runs a unit of work that returns its result and, if it has changed something, an audit entry
    /// that it has inserted. Without an entry it is rolled back.
    pub(in crate::store) async fn commit<T: Send + 'static>(
        &self,
        deadline: Duration,
        name: Unit,
        unit: impl for<'t, 'c> FnOnce(
            &'t mut Transaction<'c>,
        )
            -> BoxFuture<'t, Result<(T, Option<AuditEntry>), StoreError>>
        + Send
        + 'static,
    ) -> Result<T, StoreError> {
        // The result leaves the transaction before its commit, in case the acknowledgement is lost.
        let (sender, mut result) = tokio::sync::oneshot::channel();
        let done = self.engine().transaction(name, deadline, move |transaction| {
            Box::pin(async move {
                let (value, entry) = unit(transaction).await.map_err(StoreError::before_commit)?;
                let completion =
                    if entry.is_some() { Completion::Commit(()) } else { Completion::Rollback(()) };
                // The receiver is gone only if the caller is.
                drop(sender.send((value, entry)));
                Ok::<_, StoreError>(completion)
            })
        });
        let done = done.await;
        match (done, result.try_recv().ok()) {
            (done, Some((value, Some(entry)))) => {
                self.resolve_unknown_commit(&entry, done, value).await
            }
            (_, Some((value, None))) => Ok(value),
            (Err(error), None) => Err(error.before_commit()),
            (Ok(()), None) => {
                Err(StoreError::Unavailable("a transaction had no result".to_owned()))
            }
        }
    }

    /// The result of a commit. If its acknowledgement was lost, the audit log tells whether it
    /// happened.
    async fn resolve_unknown_commit<T>(
        &self,
        entry: &AuditEntry,
        done: Result<(), StoreError>,
        value: T,
    ) -> Result<T, StoreError> {
        match done {
            Ok(()) => Ok(value),
            Err(StoreError::Unknown(cause)) => {
                if self.was_committed(entry).await? {
                    Ok(value)
                } else {
                    Err(StoreError::Unavailable(cause))
                }
            }
            Err(error) => Err(error),
        }
    }

    /// Whether an audit entry was committed; if not, it never will be. An insert of the same entry
    /// waits for the first one if that is still in progress, and fails if it was committed.
    async fn was_committed(&self, entry: &AuditEntry) -> Result<bool, StoreError> {
        let entry = entry.clone();
        let unit = Unit::of("resolve unknown commit", entry.tenant().uuid());
        let deadline = self.engine().deadline();
        let lock_timeout = self.engine().acquire_timeout();
        let probe = self.engine().transaction(unit, deadline, move |transaction| {
            Box::pin(async move {
                transaction.wait_for_locks(lock_timeout).await?;
                let draft = AuditDraft::new(Activity::Other);
                let resources = Resources::of(std::iter::once(&draft));
                let entries = [(&entry, &draft)];
                if let Some(insert) = audit::insert(&entries, &resources) {
                    transaction.execute(insert).await?;
                }
                Ok::<_, StoreError>(Completion::Rollback(()))
            })
        });
        match probe.await {
            Ok(()) => Ok(false),
            Err(StoreError::Conflict(Conflict::RowExists)) => Ok(true),
            Err(error) => Err(error),
        }
    }
}
