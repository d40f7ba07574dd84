//! Device states of several callers, created at once.

use std::sync::Arc;

use super::audit;
use super::writes::{Insert, insert};
use crate::domain::{Activity, DeviceState, NewDeviceState, PoolId, TenantId};
use crate::store::change::{Record, Written, write_down};
use crate::store::lanes::{Lanes, Shared, Verdict};
use crate::store::memo::{self, DeviceStateMemo};
use crate::store::sql::Sql;
use crate::store::{Conflict, Store, StoreError};

/// A device state on its way into the database.
#[derive(Debug)]
pub(in crate::store) struct Create {
    pub(super) tenant: TenantId,
    pub(super) record: Record,
    pub(super) pool: PoolId,
    pub(super) new: NewDeviceState,
}

impl Create {
    fn written(&self) -> Written<'_> {
        let created = self.new.as_device_state();
        let state = Some(created.details.state.name().to_owned());
        Written {
            record: &self.record,
            audit: audit(Activity::CreateDeviceState, self.pool, &created)
                .with("state", None, state),
            memo: memo::write(&DeviceStateMemo::from(&created)),
        }
    }
}

impl Shared for Create {
    /// `None` without the pool.
    type Output = Option<DeviceState>;

    fn lanes(store: &Store) -> &Lanes<Self> {
        &store.0.lanes.new_device_states
    }

    fn tenant(&self) -> TenantId {
        self.tenant
    }

    async fn together(
        store: &Store,
        jobs: &[Arc<Self>],
    ) -> Result<Vec<Verdict<Self::Output>>, StoreError> {
        let Some(first) = jobs.first() else { return Ok(Vec::new()) };
        let rows: Vec<_> = jobs.iter().map(|job| job.insert()).collect();
        let states = |sql: &mut Sql| insert(sql, first.tenant, &rows);
        let written: Vec<_> = jobs.iter().map(|job| job.written()).collect();
        let statements = write_down(store.0.engine.dialect(), &written, &[&states])?;
        match store.apply(&first.record.entry, statements).await {
            // That there is the pool a foreign key sees to.
            Err(StoreError::Conflict(Conflict::NoPool)) if jobs.len() == 1 => {
                Ok(vec![Verdict::Done(None)])
            }
            done => {
                done?;
                let created = |job: &Arc<Self>| Verdict::Done(Some(job.new.as_device_state()));
                Ok(jobs.iter().map(created).collect())
            }
        }
    }
}

impl Create {
    fn insert(&self) -> Insert<'_> {
        Insert { pool: self.pool, new: &self.new, handout: None }
    }
}
