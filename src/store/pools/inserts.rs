//! The statements that put pools and their codes into the database: arrays, never row by row.

use std::sync::Arc;

use crate::domain::{Activity, AuditDraft, NewPool, PoolId, PoolUpdate, TenantId};
use crate::offload::offload;
use crate::store::arguments::Values;
use crate::store::change::{Record, Written, write_down};
use crate::store::engine::Dialect;
use crate::store::lanes::{Lanes, Shared, Verdict};
use crate::store::sealed_codes::{self, SealedCode, SealedCodes};
use crate::store::sql::Sql;
use crate::store::statement::Encoded;
use crate::store::{Store, StoreError, memo};
use crate::vault::TenantKeys;

/// A pool on its way into the database, its codes sealed.
#[derive(Debug)]
pub(in crate::store) struct Create {
    tenant: TenantId,
    record: Record,
    new: Arc<NewPool>,
    codes: SealedCodes,
}

impl Create {
    pub(super) fn seal(
        tenant: TenantId,
        keys: &TenantKeys,
        new: Arc<NewPool>,
        record: Record,
    ) -> Self {
        let codes = SealedCodes {
            pool: new.id,
            at: new.at,
            begin: 0,
            unique: new.unique_iccids,
            key_id: keys.id(),
            codes: SealedCode::seal(keys, new.id, &new.codes),
        };
        Self { tenant, record, new, codes }
    }

    fn written(&self) -> Written<'_> {
        let audit = AuditDraft::new(Activity::CreatePool)
            .on("embeddedSIMActivationCodePool", self.new.id.uuid(), Some(self.name()))
            .with("activationCodeCount", None, Some(self.new.code_count().to_string()));
        let memo = memo::Made { id: self.new.id.uuid(), at: self.new.at.micros() };
        Written { record: &self.record, audit, memo: memo::write(&memo) }
    }

    fn name(&self) -> &str {
        self.new.display_name.as_str()
    }
}

impl Shared for Create {
    type Output = ();

    fn lanes(store: &Store) -> &Lanes<Self> {
        &store.0.lanes.new_pools
    }

    fn tenant(&self) -> TenantId {
        self.tenant
    }

    fn rows(&self) -> usize {
        1 + self.codes.codes.len()
    }

    async fn together(store: &Store, jobs: &[Arc<Self>]) -> Result<Vec<Verdict<()>>, StoreError> {
        let Some(first) = jobs.first() else { return Ok(Vec::new()) };
        let (dialect, all) = (store.0.engine.dialect(), jobs.to_vec());
        let rows = jobs.iter().map(|job| job.rows()).sum();
        let statements = offload(rows, move || inserts(&all, dialect)).await?;
        store.apply(&first.record.entry, statements).await?;
        Ok(jobs.iter().map(|_| Verdict::Done(())).collect())
    }
}

/// The statements that insert pools of one tenant with their codes, and write that down.
fn inserts(all: &[Arc<Create>], dialect: Dialect) -> Result<Vec<Encoded>, StoreError> {
    let Some(Create { tenant, .. }) = all.first().map(Arc::as_ref) else { return Ok(Vec::new()) };
    let codes: Vec<_> = all.iter().map(|create| &create.codes).collect();
    let codes = |sql: &mut Sql| sealed_codes::insert(sql, *tenant, &codes, "code.place", "");
    let pools = |sql: &mut Sql| insert_pools(sql, *tenant, all);
    let written: Vec<_> = all.iter().map(|create| create.written()).collect();
    write_down(dialect, &written, &[&pools, &codes])
}

fn insert_pools(sql: &mut Sql, tenant: TenantId, all: &[Arc<Create>]) {
    let pools = || all.iter().map(|create| &create.new);
    let folded: Vec<_> = pools().map(|pool| pool.display_name.folded()).collect();
    sql.push(
        "insert into pools
           (tenant_id, id, display_name, display_name_folded, code_count, revision, created_at,
            modified_at)
         select ",
    );
    sql.arg(tenant).push(", id, display_name, folded, code_count, 1, at, at from ");
    sql.relation(
        "new",
        &[
            ("id", Values::Ids(pools().map(|pool| pool.id.uuid()).collect())),
            ("display_name", Values::Texts(all.iter().map(|create| create.name()).collect())),
            ("folded", Values::Texts(folded.iter().map(String::as_str).collect())),
            ("code_count", Values::Ints(pools().map(|pool| pool.code_count()).collect())),
            ("at", Values::Moments(pools().map(|pool| pool.at).collect())),
        ],
    );
}

/// The statement that appends codes to a pool that is locked, skipping those it has.
pub(super) fn append(
    tenant: TenantId,
    pool: PoolId,
    keys: &TenantKeys,
    update: &PoolUpdate,
    dialect: Dialect,
) -> Result<Encoded, StoreError> {
    /// The next place, counted among the codes that are new.
    const PLACE: &str = "(select code_count from pools
          where pools.tenant_id = $1 and pools.id = code.pool_id)
         + row_number() over (order by code.place) - 1";
    // A value, as in `ledger::known`: of a condition the planner would make a join with the pool.
    const NEW: &str = " where (
           select true from activation_codes as old
           where old.tenant_id = $1 and old.pool_id = code.pool_id
             and old.fingerprint = code.fingerprint and old.iccid = code.iccid) is null";

    let codes = SealedCodes {
        pool,
        at: update.at,
        begin: 0,
        unique: update.unique_iccids,
        key_id: keys.id(),
        codes: SealedCode::seal(keys, pool, &update.codes),
    };
    let mut sql = Sql::new(dialect, "", []);
    sealed_codes::insert(&mut sql, tenant, &[&codes], PLACE, NEW);
    sql.finish().encode(dialect)
}
