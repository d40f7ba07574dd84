//! Updating device states: those of several callers are locked by one statement, decided one by
//! one, and written by one statement.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use const_format::formatcp;
use uuid::Uuid;

use super::audit::audit_of_change;
use super::rows::DeviceStateRow;
use super::writes::{folded, update};
use crate::auth::{Permit, Write};
use crate::domain::{
    ChangeContext, DeviceDetails, DeviceIdentity, DeviceState, DeviceStateChange, DeviceStateId,
    TenantId, Timestamp,
};
use crate::store::batch::{BatchJob, JobResult};
use crate::store::db::{
    Array, BoundStatement, Dialect, Row, Statement, Transaction, Unit, params, row,
};
use crate::store::entity::{Conditional, EntityKey, Precondition};
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::store::handouts::{Transition, identify, transitions};
use crate::store::write::{AuditEntry, AuditedWrite, WriteRecord, with_audit};

impl Store {
    /// Updates a device state. The code that a claim gave the device follows its state.
    pub async fn update_device_state(
        &self,
        permit: &Permit<Write>,
        key: EntityKey<DeviceStateId>,
        precondition: &Precondition,
        change: DeviceStateChange,
        context: ChangeContext,
    ) -> Result<Conditional<DeviceState>, StoreError> {
        let (tenant, precondition, at) = (permit.tenant(), precondition.clone(), context.at);
        let job = async |record: WriteRecord| UpdateDeviceState {
            tenant,
            record,
            key,
            precondition,
            change,
            at,
        };
        self.write_batched(permit, context, job).await?.fresh()
    }
}

/// An update that is about to be executed.
#[derive(Debug)]
struct UpdateDeviceState {
    tenant: TenantId,
    record: WriteRecord,
    key: EntityKey<DeviceStateId>,
    precondition: Precondition,
    change: DeviceStateChange,
    at: Timestamp,
}

row! {
    /// A locked device state, and the number of its job.
    struct LockedRow {
        n: i64,
        state: DeviceStateRow,
    }
}

/// An update that changes something.
struct Changing<'u> {
    job: &'u UpdateDeviceState,
    old: DeviceState,
    new: DeviceState,
    handout: Option<Uuid>,
}

type Results = Vec<JobResult<Conditional<DeviceState>>>;

impl BatchJob for UpdateDeviceState {
    type Context = Store;
    type Output = Conditional<DeviceState>;

    fn tenant(&self) -> TenantId {
        self.tenant
    }

    async fn execute_batch(
        store: &Store,
        jobs: &[Arc<Self>],
        until: Instant,
    ) -> Result<Results, StoreError> {
        let Some(first) = jobs.first() else { return Ok(Vec::new()) };
        let unit = Unit::of("update device states", first.tenant.uuid()).until(until);
        let (pool, jobs) = (first.key.pool, jobs.to_vec());
        let done = store.commit(store.engine().deadline(), unit, move |transaction| {
            Box::pin(async move { update_all(transaction, &jobs).await })
        });
        let done = done.await;
        store.note_stock_change(first.tenant, pool);
        done
    }
}

async fn update_all(
    transaction: &mut Transaction<'_>,
    jobs: &[Arc<UpdateDeviceState>],
) -> Result<(Results, Option<AuditEntry>), StoreError> {
    let Some(first) = jobs.first() else { return Ok((Vec::new(), None)) };
    let mut locked = lock_all(transaction, first.tenant, jobs).await?;
    let mut seen = HashMap::new();
    let (mut results, mut changing) = (Vec::with_capacity(jobs.len()), Vec::new());
    for (n, job) in (1..).zip(jobs) {
        // Of several updates of one device state the first is made, the others are retried alone.
        let first = *seen.entry(job.key.id).or_insert(n) == n;
        let result = match locked.remove(&n).filter(|_| first) {
            Some(row) => JobResult::Done(job.decide(row, &mut changing)),
            None if jobs.len() > 1 => JobResult::RetryAlone,
            None => JobResult::Done(Conditional::NotFound),
        };
        results.push(result);
    }
    if !changing.is_empty() {
        for statement in statements(transaction.dialect(), first.tenant, &changing)? {
            transaction.execute(statement).await?;
        }
    }
    let entry = changing.first().map(|changing| changing.job.record.entry.clone());
    Ok((results, entry))
}

impl UpdateDeviceState {
    /// The result of this update. If it changes something, it is added to `changing`.
    fn decide<'u>(
        &'u self,
        row: LockedRow,
        changing: &mut Vec<Changing<'u>>,
    ) -> Conditional<DeviceState> {
        let handout = row.state.handout_id;
        let old = DeviceState::from(row.state);
        if !self.precondition.allows(old.revision) {
            return Conditional::PreconditionFailed;
        }
        let details = self.change.clone().apply(old.details.clone());
        if details == old.details {
            return Conditional::Done(old);
        }
        let new = old.changed(details, self.at);
        changing.push(Changing { job: self, old, new: new.clone(), handout });
        Conditional::Done(new)
    }
}

/// The device states by the numbers of their jobs, locked against changes until the transaction
/// ends. A batch of several leaves out those that other transactions have locked.
async fn lock_all(
    transaction: &mut Transaction<'_>,
    tenant: TenantId,
    jobs: &[Arc<UpdateDeviceState>],
) -> Result<HashMap<i64, LockedRow>, StoreError> {
    const COLUMNS: &str = <DeviceStateRow as Row>::FIELDS;
    const FIND: &str = formatcp!(
        "select n, {COLUMNS}
         from @job
         join device_states
           on @likely(tenant_id = $1) and pool_id = in_pool and id = with_id"
    );
    const WAIT: &str = formatcp!("{FIND} @lock(for update of device_states)");
    const SKIP_LOCKED: &str = formatcp!("{FIND} @lock(for update of device_states skip locked)");

    let text = if jobs.len() == 1 { WAIT } else { SKIP_LOCKED };
    let lock = Statement::new(text, params![tenant]).with(
        "job",
        [
            ("in_pool", Array::Ids(jobs.iter().map(|job| job.key.pool.uuid()).collect())),
            ("with_id", Array::Ids(jobs.iter().map(|job| job.key.id.uuid()).collect())),
        ],
    );
    let rows: Vec<LockedRow> = transaction.rows(lock).await?;
    Ok(rows.into_iter().map(|row| (row.n, row)).collect())
}

fn statements(
    dialect: Dialect,
    tenant: TenantId,
    changing: &[Changing<'_>],
) -> Result<Vec<BoundStatement>, StoreError> {
    let states: Vec<_> = changing.iter().map(|it| (it.job.key.pool, &it.new)).collect();
    let texts = folded(changing.iter().map(|it| &it.new.details));
    let mut all = vec![update(tenant, &states, &texts)];
    let moved: Vec<_> = changing
        .iter()
        .filter(|it| it.old.details.state != it.new.details.state)
        .filter_map(|it| Transition::of(it.handout, it.new.details.state, it.job.at))
        .collect();
    if !moved.is_empty() {
        all.extend(transitions(tenant, &moved));
    }
    // The ledger knows the device as it calls itself now.
    let identified: Vec<_> = changing.iter().filter_map(Changing::identified).collect();
    if !identified.is_empty() {
        all.push(identify(tenant, &identified));
    }
    let writes: Vec<_> = changing.iter().map(Changing::audited).collect();
    with_audit(dialect, &writes, all)
}

impl Changing<'_> {
    /// The hand-out of a device that has another identity than before.
    fn identified(&self) -> Option<(Uuid, DeviceIdentity)> {
        let identity = |state: &DeviceState| {
            let DeviceDetails { eid, device_name, .. } = &state.details;
            DeviceIdentity::new(eid.as_deref(), device_name.as_deref())
        };
        let new = identity(&self.new).filter(|new| Some(new) != identity(&self.old).as_ref())?;
        Some((self.handout?, new))
    }

    fn audited(&self) -> AuditedWrite<'_> {
        let audit = audit_of_change(self.job.key.pool, &self.old, &self.new);
        AuditedWrite { record: &self.job.record, audit, replay: String::new() }
    }
}
