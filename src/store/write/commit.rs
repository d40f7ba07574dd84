//! Commits, and what became of one whose acknowledgement was lost.

use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;

use super::audit::AuditEntry;
use super::settle::Outcome;
use crate::store::db::{BoundStatement, Completion, Transaction, Unit};
use crate::store::error::StoreError;
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

    /// The result of a commit, also if its acknowledgement was lost.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unknown`]: whether the change was made could not be learnt in time.
    async fn resolve_unknown_commit<T>(
        &self,
        entry: &AuditEntry,
        done: Result<(), StoreError>,
        value: T,
    ) -> Result<T, StoreError> {
        match done {
            Ok(()) => Ok(value),
            Err(StoreError::Unknown(cause)) => match self.outcome(entry).await {
                Some(Outcome::Stored) => Ok(value),
                Some(Outcome::GivenUp) => Err(StoreError::Unavailable(cause)),
                None => Err(StoreError::Unknown(cause)),
            },
            Err(error) => Err(error),
        }
    }
}
