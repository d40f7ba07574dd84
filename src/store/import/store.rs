//! Storing what was spooled: all of it or nothing.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::replay::ReportReplay;
use super::report::{audit_of_check, for_caller, with_counts};
use super::rows::{COPY, RowWriter};
use super::spool::SpooledCode;
use super::{Checked, ImportInto, spool_failed};
use crate::auth::{Permit, Write};
use crate::domain::{
    Activity, AuditDraft, ChangeContext, DisplayName, ImportReport, Pool, PoolId, Timestamp,
};
use crate::offload::offload;
use crate::store::db::{CopySource, Dialect, Statement, Transaction, params};
use crate::store::entity::Conditional;
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::store::pools::{self, PoolRow};
use crate::store::stock_entries;
use crate::store::write::{Idempotent, WriteLimits, WriteOutcome, read_replay, write_replay};

/// Codes that are sent to the database at a time.
const CHUNK_CODES: usize = 4096;
/// How long it may take to store a file of millions.
const STORE_TIMEOUT: Duration = Duration::from_hours(6);

/// The pool that codes are stored in.
enum Target {
    New(PoolId, DisplayName),
    /// As it is, locked.
    Existing(Pool),
}

impl Store {
    /// The report of the same request, if it was executed before.
    pub async fn replayed_import(
        &self,
        permit: &Permit<Write>,
        now: Timestamp,
    ) -> Result<Option<ImportReport>, StoreError> {
        let replay = self.replayed(permit, now).await?;
        let report = |replay: String| read_replay::<ReportReplay>(&replay).map(Into::into);
        replay.map(report).transpose()
    }
}

impl Checked {
    /// Stores the codes in a new pool of this name, or in the existing pool. Atomic. Returns the
    /// report, or that the pool no longer exists.
    pub async fn store(
        mut self,
        permit: &Permit<Write>,
        name: Option<DisplayName>,
        context: ChangeContext,
    ) -> Result<Conditional<ImportReport>, StoreError> {
        let store = self.store.clone();
        self.keys = store.tenant_keys(self.tenant).await?;
        self.report = for_caller(self.report, permit);
        let locks = match self.into {
            ImportInto::New(_) => None,
            ImportInto::Existing(pool) => Some(pool.uuid()),
        };
        let limits = WriteLimits { deadline: STORE_TIMEOUT, locks };
        let lock_timeout = store.engine().acquire_timeout();
        let (tenant, into) = (self.tenant, self.into.clone());
        let left = self.left_twins.clone();
        // Until the pool is locked, the write can be repeated.
        let checked = Arc::new(Mutex::new(Some(self)));
        let stored = store.write_within(limits, "import", permit, context, move |transaction| {
            Box::pin(async move {
                let pool = match (into, name) {
                    (ImportInto::New(id), Some(name)) => Target::New(id, name),
                    (into, _) => match pools::lock(transaction, tenant, into.pool()).await? {
                        Some(pool) => Target::Existing(pool),
                        None => return Ok(WriteOutcome::Unchanged(Conditional::NotFound)),
                    },
                };
                transaction.without_time_limit().await?;
                transaction.wait_for_locks(lock_timeout).await?;
                let checked = checked.lock().unwrap_or_else(PoisonError::into_inner).take();
                let gone = || StoreError::Unavailable("an import was interrupted".to_owned());
                checked.ok_or_else(gone)?.write(transaction, pool, context).await
            })
        });
        let stored = stored.await?;
        store.mark_left(tenant, &left, context.at).await;
        match stored {
            Idempotent::Fresh(outcome) => Ok(outcome),
            Idempotent::Replayed(replay) => {
                let replay: ReportReplay = read_replay(&replay)?;
                Ok(Conditional::Done(replay.into()))
            }
        }
    }

    async fn write(
        mut self,
        transaction: &mut Transaction<'_>,
        target: Target,
        context: ChangeContext,
    ) -> Result<WriteOutcome<Conditional<ImportReport>>, StoreError> {
        let (tenant, id, at) = (self.tenant, self.into.pool(), context.at);
        let count = i32::try_from(self.report.inserted).unwrap_or(i32::MAX);
        let mut report = std::mem::take(&mut self.report);
        let (old, pool, activity) = match target {
            // Every code is known: there is nothing to create a pool for.
            Target::New(..) if count == 0 && report.duplicates > 0 => {
                return Ok(unchanged(id, report));
            }
            Target::New(id, name) => {
                let pool = new_pool(id, name, count, at);
                transaction.execute(pools::insert(tenant, &pool)).await?;
                (None, pool, Activity::ImportPool)
            }
            Target::Existing(current) => {
                if count == 0 {
                    report.pool = Some(current);
                    return Ok(unchanged(id, report));
                }
                (Some(current.clone()), current, Activity::ImportCodes)
            }
        };
        let first_position = match &old {
            Some(_) => pools::next_position(transaction, tenant, id).await?,
            None => 0,
        };
        let stored = self.put(transaction, report.inserted, first_position, context).await?;
        if stored != report.inserted {
            return Err(StoreError::Unavailable("the spool lost rows".to_owned()));
        }
        let pool = match &old {
            None => pool,
            Some(old) => {
                let update = pools::update_row(tenant, id, None, stored, at);
                transaction.row::<PoolRow>(update).await?.map_or_else(|| old.clone(), Pool::from)
            }
        };
        let shown = |pool: &Pool| pool.code_count.to_string();
        let audit = AuditDraft::new(activity)
            .on("embeddedSIMActivationCodePool", id.uuid(), Some(pool.display_name.as_str()))
            .with("activationCodeCount", old.as_ref().map(shown), Some(shown(&pool)));
        let audit = with_counts(audit, &report);
        report.pool = Some(pool);
        report.import = (stored > 0).then(|| context.event.uuid().into());
        let replay = write_replay(&ReportReplay::from(&report));
        Ok(WriteOutcome::Changed { value: Conditional::Done(report), audit, replay })
    }

    /// Stores `count` codes from a position on, and counts them. Returns how many they really were.
    async fn put(
        self,
        transaction: &mut Transaction<'_>,
        count: u64,
        first_position: i32,
        context: ChangeContext,
    ) -> Result<u64, StoreError> {
        let (any_used, left) = (self.any_used, self.left_twins.clone());
        let (tenant, pool) = (self.tenant, self.into.pool());
        let writer = RowWriter {
            tenant,
            pool,
            key_id: self.keys.id(),
            unique: self.unique,
            at: context.at,
            import: context.event.uuid().into(),
        };
        let mut rows = Rows { checked: Some(self), index: 0, writer, position: first_position };
        match transaction.dialect() {
            // Over TCP a COPY takes some 40 ms, however few its rows: sqlx leaves TCP_NODELAY unset. From
            // Citus it does not tell a code that exists from a defect.
            Dialect::Postgres if count > CHUNK_CODES as u64 && !any_used => {
                transaction.copy_in(COPY, &mut rows).await?;
            }
            dialect => {
                while let Some((chunk, position)) = rows.chunk().await? {
                    let insert = move || writer.insert(chunk, position, dialect);
                    let (insert, used) = offload(CHUNK_CODES, insert).await?;
                    transaction.execute(insert).await?;
                    if any_used {
                        // Before a used code changes what its copies count as: these may be in the file.
                        transaction
                            .execute(stock_entries::count_stored(tenant, pool, position))
                            .await?;
                    }
                    if let Some(used) = used {
                        used.store(transaction, &left).await?;
                    }
                }
            }
        }
        let stored = rows.position - first_position;
        if stored > 0 {
            let last_position = rows.position - 1;
            let positions = Statement::new(
                "insert into imports (tenant_id, id, pool_id, first_position, last_position)
                 values ($1, $2, $3, $4, $5)",
                params![tenant, writer.import.uuid(), pool, first_position, last_position],
            );
            transaction.execute(positions).await?;
        }
        if stored > 0 && !any_used {
            let count = stock_entries::count_stored(tenant, pool, first_position);
            transaction.execute(count).await?;
        }
        Ok(u64::try_from(stored).unwrap_or_default())
    }
}

/// The codes that are to be stored, chunk by chunk.
struct Rows {
    checked: Option<Checked>,
    /// The index of the next code in the spool.
    index: u32,
    writer: RowWriter,
    /// The position of the next code in the pool.
    position: i32,
}

impl Rows {
    /// The next codes, and the position of the first of them.
    async fn chunk(&mut self) -> Result<Option<(Vec<SpooledCode>, i32)>, StoreError> {
        let Some(mut checked) = self.checked.take() else { return Ok(None) };
        let mut index = self.index;
        // Reads files.
        let next = move || checked.take(&mut index, CHUNK_CODES).map(|rows| (checked, index, rows));
        let (checked, index, rows) = offload(usize::MAX, next).await.map_err(spool_failed)?;
        (self.checked, self.index) = (Some(checked), index);
        let position = self.position;
        self.position = position.saturating_add(i32::try_from(rows.len()).unwrap_or(i32::MAX));
        Ok((!rows.is_empty()).then_some((rows, position)))
    }
}

impl CopySource for Rows {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        let Some((rows, position)) = self.chunk().await? else { return Ok(None) };
        let writer = self.writer;
        Ok(Some(offload(rows.len(), move || writer.for_copy(&rows, position)).await))
    }
}

/// The outcome of an import that stores no code. It is audited as a check.
fn unchanged(id: PoolId, report: ImportReport) -> WriteOutcome<Conditional<ImportReport>> {
    let audit = audit_of_check(id, &report);
    let replay = write_replay(&ReportReplay::from(&report));
    WriteOutcome::Changed { value: Conditional::Done(report), audit, replay }
}

fn new_pool(id: PoolId, display_name: DisplayName, code_count: i32, at: Timestamp) -> Pool {
    Pool { id, display_name, code_count, created_at: at, modified_at: at, revision: 1 }
}
