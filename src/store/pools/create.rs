//! Creating pools: those of several callers in one statement.

use std::sync::Arc;
use std::time::Instant;

use super::audit::audit;
use crate::auth::{Permit, Write};
use crate::domain::{Activity, ChangeContext, NewPool, Pool, TenantId, Timestamp};
use crate::offload::offload;
use crate::store::batch::{BatchJob, JobResult};
use crate::store::codes::{self, SealedCode, SealedCodes};
use crate::store::db::{Array, BoundStatement, Dialect, Statement, params};
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::store::write::{
    AuditedWrite, Created, Idempotent, WriteRecord, read_replay, with_audit, write_replay,
};
use crate::vault::TenantKeys;

impl Store {
    /// Creates a pool with all its codes. Atomic.
    pub async fn create_pool(
        &self,
        permit: &Permit<Write>,
        new: &Arc<NewPool>,
        context: ChangeContext,
    ) -> Result<Pool, StoreError> {
        let tenant = permit.tenant();
        let keys = self.tenant_keys(tenant).await?;
        let seal = async |record: WriteRecord| {
            let pool = new.clone();
            let seal = move || CreatePool::seal(tenant, &keys, pool, record);
            offload(new.codes.len(), seal).await
        };
        match self.write_batched(permit, context, seal).await? {
            Idempotent::Fresh(()) => Ok(new.as_pool()),
            Idempotent::Replayed(replay) => {
                let Created { id, at } = read_replay(&replay)?;
                let at = Timestamp::from_micros(at);
                Ok(Pool { id: id.into(), created_at: at, modified_at: at, ..new.as_pool() })
            }
        }
    }
}

/// A pool that is about to be stored, its codes encrypted.
#[derive(Debug)]
struct CreatePool {
    tenant: TenantId,
    record: WriteRecord,
    new: Arc<NewPool>,
    codes: SealedCodes,
}

impl CreatePool {
    fn seal(tenant: TenantId, keys: &TenantKeys, new: Arc<NewPool>, record: WriteRecord) -> Self {
        let codes = SealedCodes {
            pool: new.id,
            at: new.at,
            first_position: 0,
            unique: new.unique_iccids,
            import: None,
            key_id: keys.id(),
            codes: SealedCode::all(keys, new.id, &new.codes),
        };
        Self { tenant, record, new, codes }
    }

    fn audited(&self) -> AuditedWrite<'_> {
        let new = &self.new;
        let audit = audit(Activity::CreatePool, new.id, &new.display_name).with(
            "activationCodeCount",
            None,
            Some(new.code_count().to_string()),
        );
        let replay = write_replay(&Created { id: new.id.uuid(), at: new.at.micros() });
        AuditedWrite { record: &self.record, audit, replay }
    }
}

impl BatchJob for CreatePool {
    type Context = Store;
    type Output = ();

    fn tenant(&self) -> TenantId {
        self.tenant
    }

    fn rows(&self) -> usize {
        1 + self.codes.codes.len()
    }

    async fn execute_batch(
        store: &Store,
        jobs: &[Arc<Self>],
        until: Instant,
    ) -> Result<Vec<JobResult<()>>, StoreError> {
        let Some(first) = jobs.first() else { return Ok(Vec::new()) };
        let (dialect, all) = (store.dialect(), jobs.to_vec());
        let rows = jobs.iter().map(|job| job.rows()).sum();
        let statements = offload(rows, move || statements(&all, dialect)).await?;
        store.execute_audited("create pools", &first.record.entry, until, statements).await?;
        Ok(jobs.iter().map(|_| JobResult::Done(())).collect())
    }
}

fn statements(
    jobs: &[Arc<CreatePool>],
    dialect: Dialect,
) -> Result<Vec<BoundStatement>, StoreError> {
    let Some(first) = jobs.first() else { return Ok(Vec::new()) };
    let tenant = first.tenant;
    let codes: Vec<_> = jobs.iter().map(|job| &job.codes).collect();
    let folded: Vec<_> = jobs.iter().map(|job| job.new.display_name.folded()).collect();
    let writes: Vec<_> = jobs.iter().map(|job| job.audited()).collect();
    let hosts = codes::hosts(&codes);
    let mut all = vec![insert(tenant, jobs, &folded), codes::insert(tenant, &codes)];
    if !hosts.is_empty() {
        all.push(codes::count(tenant, &codes, &hosts));
    }
    with_audit(dialect, &writes, all)
}

fn insert<'v>(
    tenant: TenantId,
    jobs: &'v [Arc<CreatePool>],
    folded: &'v [String],
) -> Statement<'v> {
    let pools = || jobs.iter().map(|job| &job.new);
    Statement::new(
        "insert into pools
           (tenant_id, id, display_name, display_name_folded, code_count, revision, created_at,
            modified_at)
         select @tenant, id, display_name, folded, code_count, 1, at, at
         from @new",
        params![tenant],
    )
    .with(
        "new",
        [
            ("id", Array::Ids(pools().map(|pool| pool.id.uuid()).collect())),
            ("display_name", Array::Texts(pools().map(|it| it.display_name.as_str()).collect())),
            ("folded", Array::Texts(folded.iter().map(String::as_str).collect())),
            ("code_count", Array::Ints(pools().map(|pool| pool.code_count()).collect())),
            ("at", Array::Timestamps(pools().map(|pool| pool.at).collect())),
        ],
    )
}
