//! The entry points for every change.

use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use uuid::Uuid;

use super::audit::AuditEntry;
use super::audited::{AuditedWrite, WriteRecord, with_audit};
use super::idempotency::StoredKey;
use crate::auth::{Access, Permit};
use crate::domain::{AuditDraft, ChangeContext, Timestamp};
use crate::store::batch::BatchJob;
use crate::store::db::{Transaction, Unit};
use crate::store::error::{Conflict, StoreError};
use crate::store::handle::Store;

/// How a write ends.
#[derive(Debug)]
pub(in crate::store) enum WriteOutcome<T> {
    /// It changes something, which is audited.
    Changed { value: T, audit: AuditDraft, replay: String },
    /// It changes nothing.
    Unchanged(T),
}

/// The result of a write that may be a repetition.
#[derive(Debug)]
pub(in crate::store) enum Idempotent<T> {
    /// It was executed now.
    Fresh(T),
    /// The same request was executed before: its replay.
    Replayed(String),
}

impl<T> Idempotent<T> {
    /// The result of a write whose requests take no key.
    pub(in crate::store) fn fresh(self) -> Result<T, StoreError> {
        match self {
            Self::Fresh(value) => Ok(value),
            Self::Replayed(_) => Err(StoreError::KeyReused),
        }
    }
}

/// The statements of a write, as a function of its transaction. Clones are its repetitions, in case
/// that it meets locked rows.
pub(in crate::store) trait WriteUnit<T>:
    for<'t, 'c> FnOnce(
        &'t mut Transaction<'c>,
    ) -> BoxFuture<'t, Result<WriteOutcome<T>, StoreError>>
    + Clone
    + Send
    + 'static
{
}

impl<T, F> WriteUnit<T> for F where
    F: for<'t, 'c> FnOnce(
            &'t mut Transaction<'c>,
        ) -> BoxFuture<'t, Result<WriteOutcome<T>, StoreError>>
        + Clone
        + Send
        + 'static
{
}

/// How a write is executed.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct WriteLimits {
    /// How long its transaction may take.
    pub(in crate::store) deadline: Duration,
    /// The id of the row that it locks and others often want to lock: they take turns.
    pub(in crate::store) locks: Option<Uuid>,
}

impl Store {
    /// Makes a change in a transaction of its own.
    pub(in crate::store) async fn write<A: Access, T: Send + 'static>(
        &self,
        name: &'static str,
        permit: &Permit<A>,
        context: ChangeContext,
        unit: impl WriteUnit<T>,
    ) -> Result<Idempotent<T>, StoreError> {
        let limits = WriteLimits { deadline: self.engine().deadline(), locks: None };
        self.write_within(limits, name, permit, context, unit).await
    }

    /// The same of a change that locks a row which others often want to lock, by its id.
    pub(in crate::store) async fn write_locking<A: Access, T: Send + 'static>(
        &self,
        row: Uuid,
        name: &'static str,
        permit: &Permit<A>,
        context: ChangeContext,
        unit: impl WriteUnit<T>,
    ) -> Result<Idempotent<T>, StoreError> {
        let limits = WriteLimits { deadline: self.engine().deadline(), locks: Some(row) };
        self.write_within(limits, name, permit, context, unit).await
    }

    /// The same with limits of its own.
    pub(in crate::store) async fn write_within<A: Access, T: Send + 'static>(
        &self,
        limits: WriteLimits,
        name: &'static str,
        permit: &Permit<A>,
        context: ChangeContext,
        unit: impl WriteUnit<T>,
    ) -> Result<Idempotent<T>, StoreError> {
        let tenant = permit.tenant();
        self.once(permit, context, async |record: WriteRecord, until| {
            let name = Unit::of(name, tenant.uuid()).until(until);
            // Of one server, at most one connection waits for the lock of a row.
            let _turn = match limits.locks {
                Some(row) => Some(self.row_locks().lock((tenant, row), until).await?),
                None => None,
            };
            let attempt =
                || self.execute_write(limits.deadline, name, record.clone(), unit.clone());
            self.engine().lock_retries().run(Some(tenant), until, attempt).await
        })
        .await
    }

    /// Makes a change in a batch with others of its kind. With an idempotency key it is executed by
    /// itself, since a key that is taken would fail the whole batch.
    pub(in crate::store) async fn write_batched<A: Access, J: BatchJob<Context = Self>>(
        &self,
        permit: &Permit<A>,
        context: ChangeContext,
        job: impl AsyncFnOnce(WriteRecord) -> J,
    ) -> Result<Idempotent<J::Output>, StoreError> {
        if permit.idempotency_key().is_none() {
            let record = WriteRecord { entry: AuditEntry::new(permit, context), key: None };
            return self.submit(job(record).await).await.map(Idempotent::Fresh);
        }
        self.once(permit, context, async |record, until| {
            self.run_alone(job(record).await, until).await
        })
        .await
    }

    /// Records that something was shown.
    pub(in crate::store) async fn audit<A: Access>(
        &self,
        name: &'static str,
        permit: &Permit<A>,
        audit: AuditDraft,
        context: ChangeContext,
    ) -> Result<(), StoreError> {
        let record = WriteRecord { entry: AuditEntry::new(permit, context), key: None };
        let write = AuditedWrite { record: &record, audit, replay: String::new() };
        let statements = with_audit(self.engine().dialect(), &[write], Vec::new())?;
        let until = self.engine().wait_until();
        self.execute_audited(name, &record.entry, until, statements).await
    }

    /// The replay of the same request, if it was executed before.
    pub(in crate::store) async fn replayed<A: Access>(
        &self,
        permit: &Permit<A>,
        now: Timestamp,
    ) -> Result<Option<String>, StoreError> {
        let Some(key) = permit.idempotency_key() else { return Ok(None) };
        let key = StoredKey::new(permit, key, &*self.tenant_keys(permit.tenant()).await?);
        key.recall(self.engine(), now).await
    }

    /// Executes a write unless the same request was executed before. Requests with the same key are
    /// executed one after another. The write is told until when it may wait.
    async fn once<A: Access, T>(
        &self,
        permit: &Permit<A>,
        context: ChangeContext,
        execute: impl AsyncFnOnce(WriteRecord, Instant) -> Result<T, StoreError>,
    ) -> Result<Idempotent<T>, StoreError> {
        let until = self.engine().wait_until();
        let entry = AuditEntry::new(permit, context);
        let Some(key) = permit.idempotency_key() else {
            return execute(WriteRecord { entry, key: None }, until).await.map(Idempotent::Fresh);
        };
        let key = StoredKey::new(permit, key, &*self.tenant_keys(permit.tenant()).await?);
        let lock = self.key_locks().lock(key.name(), until).await?;
        // Repetitions of what has been executed need not wait for each other.
        let mut lock = if *lock { None } else { Some(lock) };
        if let Some(replay) = key.recall(self.engine(), context.at).await? {
            if let Some(executed) = &mut lock {
                **executed = true;
            }
            return Ok(Idempotent::Replayed(replay));
        }
        match execute(WriteRecord { entry, key: Some(key.clone()) }, until).await {
            // Another server may have executed it meanwhile. Its key need not be what this one met first.
            Err(StoreError::Conflict(conflict)) => {
                match (key.recall(self.engine(), context.at).await?, conflict) {
                    (Some(replay), _) => Ok(Idempotent::Replayed(replay)),
                    (None, Conflict::KeyTaken) => {
                        let gone = "a key was taken and forgotten".to_owned();
                        Err(StoreError::Unavailable(gone))
                    }
                    (None, conflict) => Err(StoreError::Conflict(conflict)),
                }
            }
            done => done.map(Idempotent::Fresh),
        }
    }

    /// Executes a write and records it, in one transaction.
    pub(in crate::store) async fn execute_write<T: Send + 'static>(
        &self,
        deadline: Duration,
        name: Unit,
        record: WriteRecord,
        unit: impl WriteUnit<T>,
    ) -> Result<T, StoreError> {
        self.commit(deadline, name, move |transaction| {
            Box::pin(async move {
                match unit(transaction).await? {
                    WriteOutcome::Unchanged(value) => {
                        // Another server may have executed it meanwhile, and left nothing to change.
                        if let Some(key) = &record.key
                            && key.is_taken(transaction).await?
                        {
                            return Err(StoreError::Conflict(Conflict::KeyTaken));
                        }
                        Ok((value, None))
                    }
                    WriteOutcome::Changed { value, audit, replay } => {
                        let write = AuditedWrite { record: &record, audit, replay };
                        for statement in with_audit(transaction.dialect(), &[write], Vec::new())? {
                            transaction.execute(statement).await?;
                        }
                        Ok((value, Some(record.entry)))
                    }
                }
            })
        })
        .await
    }
}
