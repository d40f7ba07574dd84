//! Putting codes aside that were free at a time, after a restore: they may have been handed out since,
//! of which the restored database knows nothing.

use std::time::Duration;

use const_format::formatcp;
use uuid::Uuid;

use super::db::{Statement, Transaction, Unit, params};
use super::error::StoreError;
use super::handle::Store;
use super::handouts::FREE;
use super::pools::lock_pool;
use super::stock_entries::{BOUND, CHANGED, ChangedRow, StockChanges};
use super::write::{AuditEntry, AuditedWrite, WriteRecord, with_audit};
use crate::domain::{
    Activity, AuditDraft, ChangeContext, CodeState, IdGenerator, PoolId, TenantId, Timestamp,
};

/// How many codes are read and changed at a time: a statement returns a row for each.
const PIECE: i32 = 10_000;
/// How long it may take for a pool of millions.
const POOL_TIMEOUT: Duration = Duration::from_hours(6);
const QUARANTINED: i16 = CodeState::Quarantined.number();

/// What was put aside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quarantine {
    /// The number of codes that were put in quarantine.
    pub codes: u64,
    /// The number of pools that they are in.
    pub pools: u64,
    /// The number of codes that are free still: they were added or reinstated later.
    pub left: i64,
}

impl Store {
    /// Puts the codes of all tenants in quarantine that were free at `free_at` and are free still: a
    /// transaction for each pool, which the audit log has. Doing it again changes nothing more, so
    /// codes that were reinstated since stay free.
    pub async fn quarantine_free(
        &self,
        free_at: Timestamp,
        now: Timestamp,
        ids: &IdGenerator,
    ) -> Result<Quarantine, StoreError> {
        let unit = Unit::new("quarantine");
        let tenants = Statement::new("select tenant_id from tenants", params![]);
        let tenants: Vec<(Uuid,)> = self.engine().read(unit, tenants).await?;
        let mut done = Quarantine::default();
        for (tenant,) in tenants {
            let pools = "select id from pools where tenant_id = $1 order by id";
            let pools: Vec<(Uuid,)> =
                self.engine().read(unit, Statement::new(pools, params![tenant])).await?;
            for (pool,) in pools {
                let context = ChangeContext { at: now, event: ids.next() };
                let entry = AuditEntry::of_command(tenant.into(), context, ids.next());
                let codes = self.quarantine_pool(pool.into(), free_at, entry).await?;
                done.codes += codes;
                done.pools += u64::from(codes > 0);
            }
        }
        let left = formatcp!(
            "select cast(coalesce(sum(codes), 0) as bigint)
             from stock_entries
             where state in ({FREE}, {BOUND})"
        );
        let left: Option<(i64,)> =
            self.engine().read_one(unit, Statement::new(left, params![])).await?;
        done.left = left.map_or(0, |(left,)| left);
        Ok(done)
    }

    async fn quarantine_pool(
        &self,
        pool: PoolId,
        free_at: Timestamp,
        entry: AuditEntry,
    ) -> Result<u64, StoreError> {
        let tenant = entry.tenant();
        let unit = Unit::of("quarantine", tenant.uuid());
        let done = self.commit(POOL_TIMEOUT, unit, move |transaction| {
            Box::pin(async move {
                transaction.without_time_limit().await?;
                // It must stay, and no import may add codes of an earlier time meanwhile.
                if !lock_pool(transaction, tenant, pool).await? {
                    return Ok((0, None));
                }
                let (codes, stock) =
                    put_aside(transaction, (tenant, pool), free_at, entry.at()).await?;
                if codes == 0 {
                    return Ok((0, None));
                }
                let name = |state: CodeState| Some(state.name().to_owned());
                let audit = AuditDraft::new(Activity::Quarantine)
                    .on("embeddedSIMActivationCodePool", pool.uuid(), None)
                    .with("state", name(CodeState::Free), name(CodeState::Quarantined))
                    .with("activationCodeCount", None, Some(codes.to_string()))
                    .with("freeAt", None, Some(free_at.to_string()));
                let record = WriteRecord::without_key(entry.clone());
                let writes = [AuditedWrite { record: &record, audit, replay: String::new() }];
                let statements = vec![stock.insert(tenant)];
                for statement in with_audit(transaction.dialect(), &writes, statements)? {
                    transaction.execute(statement).await?;
                }
                Ok((codes, Some(entry)))
            })
        });
        done.await
    }
}

/// Puts the codes of a pool aside, piece by piece. Returns how many, and the change of the counts.
async fn put_aside(
    transaction: &mut Transaction<'_>,
    (tenant, pool): (TenantId, PoolId),
    free_at: Timestamp,
    now: Timestamp,
) -> Result<(u64, StockChanges), StoreError> {
    const LAST: &str = "select position
        from activation_codes
        where tenant_id = $1 and pool_id = $2
        order by position desc
        limit 1";
    const PUT_ASIDE: &str = formatcp!(
        "update activation_codes
         set state = {QUARANTINED}, state_changed_at = $6
         where tenant_id = $1 and pool_id = $2 and position >= $3 and position < $4
           and state = {FREE} and state_changed_at <= $5
         returning {CHANGED}"
    );
    let last: Option<(i32,)> = transaction.row(Statement::new(LAST, params![tenant, pool])).await?;
    let (mut codes, mut stock) = (0, StockChanges::default());
    let mut from = 0;
    while last.is_some_and(|(last,)| from <= last) {
        let to = from.saturating_add(PIECE);
        let put_aside = Statement::new(PUT_ASIDE, params![tenant, pool, from, to, free_at, now]);
        let rows: Vec<ChangedRow> = transaction.rows(put_aside).await?;
        codes += rows.len() as u64;
        for row in &rows {
            stock.moved(row.counted(pool), [FREE, QUARANTINED], now);
        }
        from = to;
    }
    Ok((codes, stock))
}
