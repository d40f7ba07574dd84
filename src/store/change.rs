//! Changes: units of work that are written down. What cannot be audited does not happen, and what
//! a caller names by a key happens once. To be shown a secret counts as a change.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::audit::Entry;
use super::engine::Dialect;
use super::idempotency::Key;
use super::lanes::Shared;
use super::sql::Sql;
use super::statement::Encoded;
use super::work::{End, Work};
use super::{Conflict, Store, StoreError, audit};
use crate::auth::{Access, Permit};
use crate::domain::{Activity, AuditDraft, ChangeContext, Timestamp};

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
    /// There was nothing to do, and that is the answer: whoever named it by a key gets it again.
    Noted {
        /// What it gives.
        value: T,
        /// As above.
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
    pub(super) entry: Entry,
    key: Option<Key>,
}

/// A change that was made, as it is written down.
#[derive(Debug)]
pub(super) struct Written<'r> {
    pub(super) record: &'r Record,
    pub(super) audit: AuditDraft,
    pub(super) memo: String,
}

/// The statements of changes of one tenant, which are parts of them, and of what is written down:
/// one unit of work.
pub(super) fn write_down(
    dialect: Dialect,
    all: &[Written<'_>],
    parts: &[&dyn Fn(&mut Sql)],
) -> Result<Vec<Encoded>, StoreError> {
    let entries: Vec<_> = all.iter().map(|it| (&it.record.entry, &it.audit)).collect();
    let entries = |sql: &mut Sql| audit::insert(sql, &entries);
    let keyed = all.iter().filter_map(|Written { record, memo, .. }| {
        let key = record.key.as_ref()?;
        Some(move |sql: &mut Sql| key.insert(memo, record.entry.at(), sql))
    });
    let keyed: Vec<_> = keyed.collect();
    let mut all: Vec<&dyn Fn(&mut Sql)> = parts.to_vec();
    all.push(&entries);
    all.extend(keyed.iter().map(|memo| memo as &dyn Fn(&mut Sql)));
    Sql::parts(dialect, &all).into_iter().map(|part| part.encode(dialect)).collect()
}

impl Store {
    /// Makes a change for the holder of a permit.
    pub(super) async fn change<A: Access, T: Send + 'static>(
        &self,
        permit: &Permit<A>,
        context: ChangeContext,
        unit: impl ChangeUnit<T>,
    ) -> Result<Made<T>, StoreError> {
        self.change_within(self.0.engine.deadline(), permit, context, unit).await
    }

    /// The same with another deadline.
    pub(super) async fn change_within<A: Access, T: Send + 'static>(
        &self,
        deadline: Duration,
        permit: &Permit<A>,
        context: ChangeContext,
        unit: impl ChangeUnit<T>,
    ) -> Result<Made<T>, StoreError> {
        self.once(permit, context, async |record: Record| self.make(deadline, record, unit).await)
            .await
    }

    /// Writes down what changes nothing but that somebody knows something now.
    pub(super) async fn note<A: Access>(
        &self,
        permit: &Permit<A>,
        audit: AuditDraft,
        context: ChangeContext,
    ) -> Result<(), StoreError> {
        let record = Record { entry: Entry::new(permit, context), key: None };
        let written = Written { record: &record, audit, memo: String::new() };
        let statements = write_down(self.0.engine.dialect(), &[written], &[])?;
        self.apply(&record.entry, statements).await
    }

    /// Runs the statements of changes that are known beforehand, with all that is written down of
    /// them, by one entry for instance.
    pub(super) async fn apply(
        &self,
        entry: &Entry,
        statements: Vec<Encoded>,
    ) -> Result<(), StoreError> {
        let done = self.0.engine.apply(statements).await;
        self.settle(entry, done, ()).await
    }

    /// Makes a change together with others of its kind, unless somebody names it by a key: then it
    /// goes alone.
    pub(super) async fn change_shared<A: Access, J: Shared>(
        &self,
        permit: &Permit<A>,
        context: ChangeContext,
        job: impl AsyncFnOnce(Record) -> J,
    ) -> Result<Made<J::Output>, StoreError> {
        if permit.idempotency_key().is_none() {
            let record = Record { entry: Entry::new(permit, context), key: None };
            return self.share(job(record).await).await.map(Made::Now);
        }
        self.once(permit, context, async |record| self.alone(&Arc::new(job(record).await)).await)
            .await
    }

    /// The memo of the change that the same request has made before.
    pub(super) async fn replayed<A: Access>(
        &self,
        permit: &Permit<A>,
        now: Timestamp,
    ) -> Result<Option<String>, StoreError> {
        let Some(idempotency_key) = permit.idempotency_key() else { return Ok(None) };
        let key = Key::new(permit, idempotency_key, &*self.tenant_keys(permit.tenant()).await?);
        self.recall(&key, now).await
    }

    /// Makes a change, unless the same request has made it before. Requests with the same key take
    /// turns, without holding a connection.
    async fn once<A: Access, T>(
        &self,
        permit: &Permit<A>,
        context: ChangeContext,
        make: impl AsyncFnOnce(Record) -> Result<T, StoreError>,
    ) -> Result<Made<T>, StoreError> {
        let entry = Entry::new(permit, context);
        let Some(idempotency_key) = permit.idempotency_key() else {
            return make(Record { entry, key: None }).await.map(Made::Now);
        };
        let key = Key::new(permit, idempotency_key, &*self.tenant_keys(permit.tenant()).await?);
        let _turn = self.0.turns.take(&key).await;
        if let Some(memo) = self.recall(&key, context.at).await? {
            return Ok(Made::Before(memo));
        }
        match make(Record { entry, key: Some(key.clone()) }).await {
            // Another server was faster.
            Err(StoreError::Conflict(Conflict::KeyTaken)) => {
                let memo = self.recall(&key, context.at).await?;
                let gone = || StoreError::Unavailable("a key was taken and forgotten".to_owned());
                memo.map(Made::Before).ok_or_else(gone)
            }
            done => done.map(Made::Now),
        }
    }

    /// Makes a change, and writes it down.
    pub(super) async fn make<T: Send + 'static>(
        &self,
        deadline: Duration,
        record: Record,
        unit: impl ChangeUnit<T>,
    ) -> Result<T, StoreError> {
        self.commit(deadline, move |work| {
            Box::pin(async move {
                match unit(work).await? {
                    Changed::No(value) => Ok((value, None)),
                    Changed::Noted { value, memo } => {
                        let Some(key) = &record.key else { return Ok((value, None)) };
                        let mut sql = Sql::new(work.dialect(), "", []);
                        key.insert(&memo, record.entry.at(), &mut sql);
                        work.run(sql.finish()).await?;
                        Ok((value, Some(record.entry)))
                    }
                    Changed::Yes { value, audit, memo } => {
                        let written = Written { record: &record, audit, memo };
                        for part in write_down(work.dialect(), &[written], &[])? {
                            work.execute(part).await?;
                        }
                        Ok((value, Some(record.entry)))
                    }
                }
            })
        })
        .await
    }

    /// Runs a unit of work that says what it gives and, if it has changed something, by which entry
    /// that is written down: one of them, where there are several.
    pub(super) async fn commit<T: Send + 'static>(
        &self,
        deadline: Duration,
        unit: impl for<'w, 'c> FnOnce(
            &'w mut Work<'c>,
        ) -> BoxFuture<'w, Result<(T, Option<Entry>), StoreError>>
        + Send
        + 'static,
    ) -> Result<T, StoreError> {
        // What the unit gave, if only the answer to its commit is lost.
        let (sender, mut given) = tokio::sync::oneshot::channel();
        let done = self.0.engine.unit_within(deadline, move |work| {
            Box::pin(async move {
                let (value, entry) = unit(work).await.map_err(StoreError::before_commit)?;
                let end = if entry.is_some() { End::Commit(()) } else { End::Rollback(()) };
                // Nobody listens only where the caller has left.
                drop(sender.send((value, entry)));
                Ok::<_, StoreError>(end)
            })
        });
        let done = done.await;
        match (done, given.try_recv().ok()) {
            (done, Some((value, Some(entry)))) => self.settle(&entry, done, value).await,
            (_, Some((value, None))) => Ok(value),
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
                audit::insert(&mut sql, &[(&entry, &AuditDraft::new(Activity::Other))]);
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
