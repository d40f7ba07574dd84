//! Storing what was spooled, all of it or nothing.

use std::time::Duration;

use super::columns::{COPY, Columns};
use super::memo::ReportMemo;
use super::spool::Row;
use super::{Checked, ImportInto, spool_failed};
use crate::auth::{Permit, Write};
use crate::domain::{
    Activity, AuditDraft, ChangeContext, DisplayName, ImportReport, Pool, PoolId, Timestamp,
};
use crate::offload::offload;
use crate::store::change::{Changed, Made};
use crate::store::engine::Dialect;
use crate::store::pools::{PoolRow, change, hold, insert};
use crate::store::work::{CopySource, Work};
use crate::store::{Conditional, Store, StoreError, memo};

/// So many rows go to the database at a time.
const CHUNK: usize = 4096;
/// How long it may take to store a file of millions.
const PATIENCE: Duration = Duration::from_hours(6);

impl Store {
    /// What the import of this key came to, if it was made before.
    pub async fn replayed_import(
        &self,
        permit: &Permit<Write>,
        now: Timestamp,
    ) -> Result<Option<ImportReport>, StoreError> {
        let memo = self.replayed(permit, now).await?;
        memo.map(|memo| memo::read::<ReportMemo>(&memo).map(ImportReport::from)).transpose()
    }
}

impl Checked {
    /// Stores the codes: in a new pool of this name, or in the pool that is there. Says what it came
    /// to, or that the pool is gone.
    pub async fn store(
        self,
        permit: &Permit<Write>,
        name: Option<DisplayName>,
        context: ChangeContext,
    ) -> Result<Conditional<ImportReport>, StoreError> {
        let store = self.store.clone();
        let made = store.change_within(PATIENCE, permit, context, move |work| {
            Box::pin(async move { self.write(work, name, context.at).await })
        });
        match made.await? {
            Made::Now(outcome) => Ok(outcome),
            Made::Before(memo) => {
                memo::read::<ReportMemo>(&memo).map(|memo| Conditional::Done(memo.into()))
            }
        }
    }

    async fn write(
        mut self,
        work: &mut Work<'_>,
        name: Option<DisplayName>,
        at: Timestamp,
    ) -> Result<Changed<Conditional<ImportReport>>, StoreError> {
        work.without_time_limit().await?;
        let (tenant, id) = (self.tenant, self.into.pool());
        let count = i32::try_from(self.report.inserted).unwrap_or(i32::MAX);
        let mut report = std::mem::take(&mut self.report);
        let (old, pool, activity) = match (&self.into, name) {
            (ImportInto::New(_), Some(name)) => {
                let pool = new_pool(id, name, count, at);
                work.run(insert(tenant, &pool)).await?;
                (None, pool, Activity::ImportPool)
            }
            (ImportInto::Existing(_), _) | (ImportInto::New(_), None) => {
                let Some(current) = hold(work, tenant, id).await? else {
                    return Ok(Changed::No(Conditional::NotFound));
                };
                if count == 0 {
                    report.pool = Some(current);
                    let memo = memo::write(&ReportMemo::from(&report));
                    return Ok(Changed::Noted { value: Conditional::Done(report), memo });
                }
                (Some(current.clone()), current, Activity::ImportCodes)
            }
        };
        let begin = old.as_ref().map_or(0, |old| old.code_count);
        let stored = self.put(work, report.inserted, begin, at).await?;
        if stored != report.inserted {
            return Err(StoreError::Unavailable("the spool lost rows".to_owned()));
        }
        let pool = match &old {
            None => pool,
            Some(old) => {
                let changed = change(tenant, id, None, stored, at);
                work.row::<PoolRow>(changed).await?.map_or_else(|| old.clone(), Pool::from)
            }
        };
        let shown = |pool: &Pool| pool.code_count.to_string();
        let audit = AuditDraft::new(activity)
            .on("embeddedSIMActivationCodePool", id.uuid(), Some(pool.display_name.as_str()))
            .with("activationCodeCount", old.as_ref().map(shown), Some(shown(&pool)));
        report.pool = Some(pool);
        let memo = memo::write(&ReportMemo::from(&report));
        Ok(Changed::Yes { value: Conditional::Done(report), audit, memo })
    }

    /// Puts so many rows into the table, from place `begin` on, and says how many they really were.
    async fn put(
        self,
        work: &mut Work<'_>,
        count: u64,
        begin: i32,
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        let columns = Columns {
            tenant: self.tenant,
            pool: self.into.pool(),
            key_id: self.keys.id(),
            unique: self.unique,
            at,
        };
        let mut rows = Rows { checked: Some(self), place: 0, columns, ord: begin };
        match work.dialect() {
            // Over TCP it takes some 40 ms, however few the rows: sqlx lets small packets wait
            // for acknowledgements.
            Dialect::Postgres if count > CHUNK as u64 => work.copy_in(COPY, &mut rows).await?,
            dialect => {
                while let Some((chunk, ord)) = rows.chunk().await? {
                    let insert = move || columns.insert(chunk, ord, dialect);
                    let insert = offload(CHUNK, insert).await?;
                    work.execute(insert).await?;
                }
            }
        }
        Ok(u64::try_from(rows.ord - begin).unwrap_or_default())
    }
}

/// The rows that are to be stored, chunk after chunk.
struct Rows {
    checked: Option<Checked>,
    place: u32,
    columns: Columns,
    /// The place of the next code in the pool.
    ord: i32,
}

impl Rows {
    /// The next rows, and the place of the first of them in the pool.
    async fn chunk(&mut self) -> Result<Option<(Vec<Row>, i32)>, StoreError> {
        let Some(mut checked) = self.checked.take() else { return Ok(None) };
        let mut place = self.place;
        // Reads files.
        let next = move || checked.take(&mut place, CHUNK).map(|rows| (checked, place, rows));
        let (checked, place, rows) = offload(usize::MAX, next).await.map_err(spool_failed)?;
        (self.checked, self.place) = (Some(checked), place);
        let ord = self.ord;
        self.ord = ord.saturating_add(i32::try_from(rows.len()).unwrap_or(i32::MAX));
        Ok((!rows.is_empty()).then_some((rows, ord)))
    }
}

impl CopySource for Rows {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        let Some((rows, ord)) = self.chunk().await? else { return Ok(None) };
        let columns = self.columns;
        Ok(Some(offload(rows.len(), move || columns.for_copy(&rows, ord)).await))
    }
}

fn new_pool(id: PoolId, display_name: DisplayName, code_count: i32, at: Timestamp) -> Pool {
    Pool { id, display_name, code_count, created_at: at, modified_at: at, revision: 1 }
}
