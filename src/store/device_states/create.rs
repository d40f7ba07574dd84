//! Creating device states: those of several callers in one statement.

use std::sync::Arc;
use std::time::Instant;

use super::audit::audit;
use super::replay::DeviceStateReplay;
use super::writes::{NewRow, folded, insert};
use crate::auth::{Permit, Write};
use crate::domain::{Activity, ChangeContext, DeviceState, NewDeviceState, PoolId, TenantId};
use crate::store::batch::{BatchJob, JobResult};
use crate::store::error::{Conflict, StoreError};
use crate::store::handle::Store;
use crate::store::write::{
    AuditedWrite, Idempotent, WriteRecord, read_replay, with_audit, write_replay,
};

impl Store {
    /// Adds a device state to a pool, or `None` if this tenant has no such pool.
    pub async fn create_device_state(
        &self,
        permit: &Permit<Write>,
        pool: PoolId,
        new: NewDeviceState,
        context: ChangeContext,
    ) -> Result<Option<DeviceState>, StoreError> {
        let tenant = permit.tenant();
        let job = async |record: WriteRecord| CreateDeviceState { tenant, record, pool, new };
        match self.write_batched(permit, context, job).await? {
            Idempotent::Fresh(created) => Ok(created),
            Idempotent::Replayed(replay) => {
                let replay: DeviceStateReplay = read_replay(&replay)?;
                Ok(Some(replay.into()))
            }
        }
    }
}

/// A device state that is about to be stored.
#[derive(Debug)]
struct CreateDeviceState {
    tenant: TenantId,
    record: WriteRecord,
    pool: PoolId,
    new: NewDeviceState,
}

impl CreateDeviceState {
    fn audited(&self) -> AuditedWrite<'_> {
        let created = self.new.as_device_state();
        let state = Some(created.details.state.name().to_owned());
        let audit = audit(Activity::CreateDeviceState, self.pool, &created);
        let replay = write_replay(&DeviceStateReplay::from(&created));
        AuditedWrite { record: &self.record, audit: audit.with("state", None, state), replay }
    }
}

impl BatchJob for CreateDeviceState {
    type Context = Store;
    /// `None` without the pool.
    type Output = Option<DeviceState>;

    fn tenant(&self) -> TenantId {
        self.tenant
    }

    async fn execute_batch(
        store: &Store,
        jobs: &[Arc<Self>],
        until: Instant,
    ) -> Result<Vec<JobResult<Self::Output>>, StoreError> {
        let Some(first) = jobs.first() else { return Ok(Vec::new()) };
        let statements = {
            let rows =
                jobs.iter().map(|job| NewRow { pool: job.pool, new: &job.new, handout: None });
            let rows: Vec<_> = rows.collect();
            let texts = folded(jobs.iter().map(|job| &job.new.details));
            let writes: Vec<_> = jobs.iter().map(|job| job.audited()).collect();
            with_audit(store.dialect(), &writes, vec![insert(first.tenant, &rows, &texts)])?
        };
        let entry = &first.record.entry;
        match store.execute_audited("create device states", entry, until, statements).await {
            // The foreign key ensures that the pool exists.
            Err(StoreError::Conflict(Conflict::NoPool)) if jobs.len() == 1 => {
                Ok(vec![JobResult::Done(None)])
            }
            done => {
                done?;
                let created = |job: &Arc<Self>| JobResult::Done(Some(job.new.as_device_state()));
                Ok(jobs.iter().map(created).collect())
            }
        }
    }
}
