//! Device states of several callers, changed at once: looked at together, decided one by one, and
//! written together.

use std::collections::HashMap;
use std::sync::Arc;

use uuid::Uuid;

use super::audit;
use super::rows::DeviceStateRow;
use super::writes::update;
use crate::domain::{
    Activity, AuditDraft, DeviceDetails, DeviceState, DeviceStateChange, DeviceStateId, PoolId,
    TenantId, Timestamp,
};
use crate::store::arguments::Values;
use crate::store::audit::Entry;
use crate::store::change::{Record, Written, write_down};
use crate::store::engine::Dialect;
use crate::store::lanes::{Lanes, Shared, Verdict};
use crate::store::ledger::{self, Move};
use crate::store::record::record;
use crate::store::sql::Sql;
use crate::store::statement::Encoded;
use crate::store::stored::Stored;
use crate::store::work::Work;
use crate::store::{Conditional, EntityKey, Precondition, Store, StoreError};

/// A change of a device state on its way into the database.
#[derive(Debug)]
pub(in crate::store) struct Update {
    pub(super) tenant: TenantId,
    pub(super) record: Record,
    pub(super) key: EntityKey<DeviceStateId>,
    pub(super) precondition: Precondition,
    pub(super) change: DeviceStateChange,
    pub(super) at: Timestamp,
}

record! {
    /// A device state as it is.
    struct HeldRow {
        n: i64,
        state: DeviceStateRow,
    }
}

/// A change that is to be made.
struct Changing<'u> {
    update: &'u Update,
    old: DeviceState,
    new: DeviceState,
    /// The claim that made it, if one did: its code follows.
    handout: Option<Uuid>,
}

impl Shared for Update {
    type Output = Conditional<DeviceState>;

    fn lanes(store: &Store) -> &Lanes<Self> {
        &store.0.lanes.changed_device_states
    }

    fn tenant(&self) -> TenantId {
        self.tenant
    }

    async fn together(
        store: &Store,
        jobs: &[Arc<Self>],
    ) -> Result<Vec<Verdict<Self::Output>>, StoreError> {
        let jobs = jobs.to_vec();
        let unit = store.commit(store.0.engine.deadline(), move |work| {
            Box::pin(async move { make(work, &jobs).await })
        });
        unit.await
    }
}

type Made = (Vec<Verdict<Conditional<DeviceState>>>, Option<Entry>);

async fn make(work: &mut Work<'_>, jobs: &[Arc<Update>]) -> Result<Made, StoreError> {
    let Some(first) = jobs.first() else { return Ok((Vec::new(), None)) };
    let mut held = hold(work, first.tenant, jobs).await?;
    let mut seen = HashMap::new();
    let (mut verdicts, mut changing) = (Vec::with_capacity(jobs.len()), Vec::new());
    for (n, update) in (1..).zip(jobs) {
        // Of several changes of one device state the first is made, and each other after it.
        let first = *seen.entry(update.key.id).or_insert(n) == n;
        let verdict = match held.remove(&n).filter(|_| first) {
            Some(row) => update.decide(row, &mut changing),
            None if jobs.len() > 1 => Verdict::Alone,
            None => Verdict::Done(Conditional::NotFound),
        };
        verdicts.push(verdict);
    }
    for part in writes(work.dialect(), first.tenant, &changing)? {
        work.execute(part).await?;
    }
    let entry = changing.first().map(|it| it.update.record.entry.clone());
    Ok((verdicts, entry))
}

impl Update {
    /// What becomes of this one. A change that comes to something is added to those to be made.
    fn decide<'u>(
        &'u self,
        row: HeldRow,
        changing: &mut Vec<Changing<'u>>,
    ) -> Verdict<Conditional<DeviceState>> {
        let handout = row.state.handout_id;
        let old = DeviceState::from(row.state);
        if !self.precondition.allows(old.revision) {
            return Verdict::Done(Conditional::PreconditionFailed);
        }
        let details = self.change.clone().apply(old.details.clone());
        if details == old.details {
            return Verdict::Done(Conditional::Done(old));
        }
        let new = old.changed(details, self.at);
        changing.push(Changing { update: self, old, new: new.clone(), handout });
        Verdict::Done(Conditional::Done(new))
    }
}

/// The device states, by the places of their changes among all. Nobody else changes them until the
/// unit of work ends; those that others hold are left out, if there are several.
async fn hold(
    work: &mut Work<'_>,
    tenant: TenantId,
    jobs: &[Arc<Update>],
) -> Result<HashMap<i64, HeldRow>, StoreError> {
    let lock = match (work.dialect(), jobs.len()) {
        (Dialect::Postgres, 1) => " for update of device_states",
        (Dialect::Postgres, _) => " for update of device_states skip locked",
        (Dialect::Sqlite, _) => "",
    };
    let mut sql = Sql::new(work.dialect(), "select n, ", []);
    sql.push(DeviceState::COLUMNS).push(" from ");
    sql.relation(
        "job",
        &[
            ("in_pool", Values::Ids(jobs.iter().map(|job| job.key.pool.uuid()).collect())),
            ("with_id", Values::Ids(jobs.iter().map(|job| job.key.id.uuid()).collect())),
        ],
    );
    sql.push(" join device_states on ").of_tenant("tenant_id", tenant);
    sql.push(" and pool_id = in_pool and id = with_id").push(lock);
    let rows: Vec<HeldRow> = work.rows(sql.finish()).await?;
    Ok(rows.into_iter().map(|row| (row.n, row)).collect())
}

fn writes(
    dialect: Dialect,
    tenant: TenantId,
    changing: &[Changing<'_>],
) -> Result<Vec<Encoded>, StoreError> {
    if changing.is_empty() {
        return Ok(Vec::new());
    }
    let states: Vec<_> = changing.iter().map(|it| (it.update.key.pool, &it.new)).collect();
    let states = |sql: &mut Sql| update(sql, tenant, &states);
    let moved: Vec<_> = changing
        .iter()
        .filter(|it| it.old.details.state != it.new.details.state)
        .filter_map(|it| Move::of(it.handout, it.new.details.state, it.update.at))
        .collect();
    let codes = |sql: &mut Sql| ledger::move_codes(sql, tenant, &moved);
    let handouts = |sql: &mut Sql| ledger::move_handouts(sql, tenant, &moved);
    let mut parts: Vec<&dyn Fn(&mut Sql)> = vec![&states];
    if !moved.is_empty() {
        parts.extend([&codes as &dyn Fn(&mut Sql), &handouts]);
    }
    let written: Vec<_> = changing.iter().map(Changing::written).collect();
    write_down(dialect, &written, &parts)
}

impl Changing<'_> {
    fn written(&self) -> Written<'_> {
        let audit = said(self.update.key.pool, &self.old, &self.new);
        Written { record: &self.update.record, audit, memo: String::new() }
    }
}

/// What is said of a change.
fn said(pool: PoolId, old: &DeviceState, new: &DeviceState) -> AuditDraft {
    let draft = audit(Activity::UpdateDeviceState, pool, new);
    let (old, new) = (&old.details, &new.details);
    let state = |details: &DeviceDetails| Some(details.state.name().to_owned());
    let moment = |details: &DeviceDetails| details.last_sync_at.map(|at| at.to_string());
    draft
        .with("state", state(old), state(new))
        .with("stateDetails", old.state_details.clone(), new.state_details.clone())
        .with("deviceName", old.device_name.clone(), new.device_name.clone())
        .with("userName", old.user_name.clone(), new.user_name.clone())
        .with(
            "universalIntegratedCircuitCardIdentifier",
            old.universal_iccid.clone(),
            new.universal_iccid.clone(),
        )
        .with("lastSyncDateTime", moment(old), moment(new))
}
