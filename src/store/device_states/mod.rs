//! Device states.

mod creating;
mod rows;
mod updating;
mod writes;

use std::collections::HashMap;

use uuid::Uuid;

use super::change::{Changed, Made, Record};
use super::ledger::Move;
use super::memo::DeviceStateMemo;
use super::precondition::{Conditional, EntityKey, Precondition};
use super::stored::Scope;
use super::work::Work;
use super::{Store, StoreError, ledger, memo};
use crate::auth::{Permit, Read, Write};
use crate::domain::{
    Activity, AuditDraft, ChangeContext, DeviceState, DeviceStateChange, DeviceStateField,
    DeviceStateId, DeviceStateValue, Listing, NewDeviceState, Page, PoolId, Predicate, TenantId,
};

pub(super) use creating::Create;
pub(super) use rows::DeviceStateRow;
use rows::{lock, remove};
pub(super) use updating::Update;
pub(super) use writes::{Insert, insert, update};

impl Store {
    /// A page of a pool's device states, or `None` if this tenant has no such pool.
    pub async fn device_states(
        &self,
        permit: &Permit<Read>,
        pool: PoolId,
        listing: &Listing<DeviceStateField>,
    ) -> Result<Option<Page<DeviceState>>, StoreError> {
        self.page_in_pool(permit, pool, listing).await
    }

    /// How many of a pool's device states a condition lets through; `None` without the pool.
    pub async fn count_device_states(
        &self,
        permit: &Permit<Read>,
        pool: PoolId,
        filter: &Predicate<DeviceStateField>,
    ) -> Result<Option<i64>, StoreError> {
        self.count_in_pool::<DeviceState>(permit, pool, filter).await
    }

    /// A page of device states for each of several pools.
    pub async fn device_states_of(
        &self,
        permit: &Permit<Read>,
        pools: &[PoolId],
        listing: &Listing<DeviceStateField>,
    ) -> Result<HashMap<PoolId, Page<DeviceState>>, StoreError> {
        self.pages(permit.tenant(), pools, listing).await
    }

    /// The device state, or `None` if there is none of that id in that pool of this tenant.
    pub async fn device_state(
        &self,
        permit: &Permit<Read>,
        key: EntityKey<DeviceStateId>,
    ) -> Result<Option<DeviceState>, StoreError> {
        let scope = Scope { tenant: permit.tenant(), pool: Some(key.pool) };
        self.find(scope, key.id.uuid()).await
    }

    /// Adds a device state to a pool; `None` without the pool.
    pub async fn create_device_state(
        &self,
        permit: &Permit<Write>,
        pool: PoolId,
        new: NewDeviceState,
        context: ChangeContext,
    ) -> Result<Option<DeviceState>, StoreError> {
        let tenant = permit.tenant();
        let job = async |record: Record| Create { tenant, record, pool, new };
        match self.change_shared(permit, context, job).await? {
            Made::Now(created) => Ok(created),
            Made::Before(memo) => {
                memo::read::<DeviceStateMemo>(&memo).map(|memo| Some(memo.into()))
            }
        }
    }

    /// Changes a device state. The code that a claim gave the device follows its state.
    pub async fn update_device_state(
        &self,
        permit: &Permit<Write>,
        key: EntityKey<DeviceStateId>,
        precondition: &Precondition,
        change: DeviceStateChange,
        context: ChangeContext,
    ) -> Result<Conditional<DeviceState>, StoreError> {
        let (tenant, precondition, at) = (permit.tenant(), precondition.clone(), context.at);
        let job = async |record: Record| Update { tenant, record, key, precondition, change, at };
        self.change_shared(permit, context, job).await?.now()
    }

    /// Removes a device state. The code that a claim gave the device counts as deleted from it,
    /// and nobody gets it again.
    pub async fn delete_device_state(
        &self,
        permit: &Permit<Write>,
        key: EntityKey<DeviceStateId>,
        precondition: &Precondition,
        context: ChangeContext,
    ) -> Result<Conditional<()>, StoreError> {
        let (tenant, precondition) = (permit.tenant(), precondition.clone());
        let made = self.change(permit, context, move |work| {
            Box::pin(async move {
                let Some(row) = work.row::<DeviceStateRow>(remove(tenant, key)).await? else {
                    return Ok(Changed::No(Conditional::NotFound));
                };
                let handout = row.handout_id;
                let gone = DeviceState::from(row);
                if !precondition.allows(gone.revision) {
                    return Ok(Changed::No(Conditional::PreconditionFailed));
                }
                let moved = Move::of(handout, DeviceStateValue::Deleted, context.at);
                ledger::follow(work, tenant, moved).await?;
                let audit = audit(Activity::DeleteDeviceState, key.pool, &gone).with(
                    "state",
                    Some(gone.details.state.name().to_owned()),
                    None,
                );
                Ok(Changed::Yes { value: Conditional::Done(()), audit, memo: String::new() })
            })
        });
        made.await?.now()
    }
}

/// A device state that nobody else changes until the unit of work ends, and the claim that made
/// it, if one did.
pub(super) async fn hold(
    work: &mut Work<'_>,
    tenant: TenantId,
    pool: PoolId,
    id: Uuid,
) -> Result<Option<(DeviceState, Option<Uuid>)>, StoreError> {
    let key = EntityKey { pool, id: DeviceStateId::from(id) };
    let row = work.row::<DeviceStateRow>(lock(work.dialect(), tenant, key)).await?;
    Ok(row.map(|row| {
        let handout = row.handout_id;
        (row.into(), handout)
    }))
}

fn audit(activity: Activity, pool: PoolId, state: &DeviceState) -> AuditDraft {
    let name = state.details.device_name.as_deref();
    AuditDraft::new(activity).on("embeddedSIMActivationCodePool", pool.uuid(), None).on(
        "embeddedSIMDeviceState",
        state.id.uuid(),
        name,
    )
}
