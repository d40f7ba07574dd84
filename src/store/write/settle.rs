//! What became of a change whose commit was not acknowledged.
//!
//! The audit entry of a change is written in its transaction, so it tells: if it is there, the change
//! was made. If it is not, the change may still be under way, in the database or on the network. An
//! entry with the same id that says the change was given up is therefore inserted in its place. It
//! waits for a transaction in progress, and keeps one that arrives later from being committed.

use std::time::{Duration, Instant};

use super::audit::{self, AuditEntry, Resources};
use crate::domain::{Activity, AuditDraft, TenantId};
use crate::store::db::{Completion, Dialect, Statement, Unit, params};
use crate::store::error::{Conflict, StoreError};
use crate::store::handle::Store;

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It was made, and outlives the machine as every acknowledged change does.
    Stored,
    /// It was not made, and never will be.
    GivenUp,
}

/// How long to wait between two questions.
const PAUSE: Duration = Duration::from_millis(100);

impl Store {
    /// What became of a change. `None` if that cannot be learnt in time: then it is asked again in the
    /// background, until it is known.
    pub(super) async fn outcome(&self, entry: &AuditEntry) -> Option<Outcome> {
        let until = self.engine().wait_until();
        while Instant::now() < until {
            match self.settle(entry, until).await {
                Ok(outcome) => return Some(outcome),
                Err(error) => tracing::debug!(%error, "the outcome of a change is not known yet"),
            }
            pause().await;
        }
        self.unsettled().push(entry.clone());
        None
    }

    /// Asks again what became of changes whose outcome could not be learnt in time. To be called from
    /// time to time.
    pub async fn settle_changes(&self) {
        while let Some(entry) = self.unsettled().pop() {
            let outcome = match self.settle(&entry, self.engine().wait_until()).await {
                Ok(outcome) => outcome,
                Err(error) => {
                    tracing::debug!(%error, "the outcome of a change is still unknown");
                    self.unsettled().push(entry);
                    return;
                }
            };
            let request = entry.request();
            match outcome {
                Outcome::Stored => {
                    tracing::info!(%request, "a change whose outcome was unknown was stored");
                }
                Outcome::GivenUp => {
                    tracing::info!(%request, "a change whose outcome was unknown was not stored");
                }
            }
        }
    }

    async fn settle(&self, entry: &AuditEntry, until: Instant) -> Result<Outcome, StoreError> {
        let replaced = match self.dialect() {
            Dialect::Postgres | Dialect::Citus => self.give_up(entry, until).await,
            // There is one writer: what is not there once it is free never will be.
            Dialect::Sqlite => Err(StoreError::Conflict(Conflict::RowExists)),
        };
        match replaced {
            Ok(()) => Ok(Outcome::GivenUp),
            Err(StoreError::Conflict(Conflict::RowExists)) => self.read_outcome(entry, until).await,
            Err(error) => Err(error),
        }
    }

    async fn read_outcome(
        &self,
        entry: &AuditEntry,
        until: Instant,
    ) -> Result<Outcome, StoreError> {
        let (tenant, event) = (entry.tenant(), entry.event());
        let unit = Unit::of("read outcome", tenant.uuid()).until(until);
        let found = self.engine().transaction(unit, left(until), move |transaction| {
            Box::pin(async move {
                let find = Statement::new(
                    "select activity from audit_events where tenant_id = $1 and id = $2",
                    params![tenant, event],
                );
                let found: Option<(String,)> = transaction.row(find).await?;
                Ok::<_, StoreError>(Completion::Rollback(found))
            })
        });
        match found.await? {
            Some((activity,)) if activity != Activity::GiveUp.name() => {
                self.confirm_replication(tenant, until).await?;
                Ok(Outcome::Stored)
            }
            _ => Ok(Outcome::GivenUp),
        }
    }

    /// Puts an entry that says that a change was given up in the place of its own.
    async fn give_up(&self, entry: &AuditEntry, until: Instant) -> Result<(), StoreError> {
        let (entry, left) = (entry.clone(), left(until));
        let unit = Unit::of("settle change", entry.tenant().uuid()).until(until);
        let given_up = self.engine().transaction(unit, left, move |transaction| {
            Box::pin(async move {
                transaction.wait_for_locks(left).await?;
                let draft = AuditDraft::new(Activity::GiveUp);
                let resources = Resources::of(std::iter::once(&draft));
                if let Some(insert) = audit::insert(&[(&entry, &draft)], &resources) {
                    transaction.execute(insert).await?;
                }
                Ok::<_, StoreError>(Completion::Commit(()))
            })
        });
        given_up.await
    }

    /// Waits until everything that is committed has reached the synchronous standbys, if there are
    /// any: Postgres shows a commit whose wait for them was cancelled as every other. A later commit
    /// that writes something waits for what was before it: where the tenant is.
    async fn confirm_replication(
        &self,
        tenant: TenantId,
        until: Instant,
    ) -> Result<(), StoreError> {
        let write = match self.dialect() {
            Dialect::Postgres => {
                Statement::new("select pg_logical_emit_message(true, 'esimpool', '')", params![])
            }
            Dialect::Citus => Statement::new(
                "update tenants set confirmed = confirmed + 1 where tenant_id = $1",
                params![tenant],
            ),
            Dialect::Sqlite => return Ok(()),
        };
        let unit = Unit::new("confirm replication").until(until);
        let confirmed = self.engine().transaction(unit, left(until), move |transaction| {
            Box::pin(async move {
                transaction.execute(write).await?;
                Ok::<_, StoreError>(Completion::Commit(()))
            })
        });
        confirmed.await
    }
}

/// The time until then, enough for one attempt.
fn left(until: Instant) -> Duration {
    until.saturating_duration_since(Instant::now()).max(PAUSE)
}

#[expect(clippy::disallowed_methods, reason = "the end of an outage cannot be awaited")]
async fn pause() {
    tokio::time::sleep(PAUSE).await;
}
