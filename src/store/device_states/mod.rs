//! Device states.

mod rows;

use std::collections::HashMap;

use uuid::Uuid;

use super::change::{Changed, Made};
use super::memo::DeviceStateMemo;
use super::outcome::{Expected, Outcome, Place};
use super::pools::lock_pool;
use super::stored::Scope;
use super::work::Work;
use super::{Store, StoreError, ledger, memo};
use crate::auth::{Permit, Read, Write};
use crate::domain::{
    Activity, AuditDraft, DeviceDetails, DeviceState, DeviceStateChange, DeviceStateField,
    DeviceStateId, DeviceStateValue, Listing, NewDeviceState, Page, PoolId, Predicate, Stamp,
    TenantId,
};

pub(super) use rows::{DeviceStateRow, insert, write};
use rows::{lock, remove};

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
        place: Place<DeviceStateId>,
    ) -> Result<Option<DeviceState>, StoreError> {
        let scope = Scope { tenant: permit.tenant(), pool: Some(place.pool) };
        self.find(scope, place.id.uuid()).await
    }

    /// Adds a device state to a pool; `None` without the pool.
    pub async fn create_device_state(
        &self,
        permit: &Permit<Write>,
        pool: PoolId,
        new: NewDeviceState,
        stamp: Stamp,
    ) -> Result<Option<DeviceState>, StoreError> {
        let tenant = permit.tenant();
        let made = self.change(permit, stamp, move |work| {
            Box::pin(async move {
                if !lock_pool(work, tenant, pool).await? {
                    return Ok(Changed::No(None));
                }
                work.run(insert(tenant, pool, &new, None)).await?;
                let created = new.as_device_state();
                let audit = audit(Activity::CreateDeviceState, pool, &created).with(
                    "state",
                    None,
                    Some(created.details.state.name().to_owned()),
                );
                let memo = memo::write(&DeviceStateMemo::from(&created));
                Ok(Changed::Yes { value: Some(created), audit, memo })
            })
        });
        match made.await? {
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
        place: Place<DeviceStateId>,
        expected: &Expected,
        change: DeviceStateChange,
        stamp: Stamp,
    ) -> Result<Outcome<DeviceState>, StoreError> {
        let (tenant, expected) = (permit.tenant(), expected.clone());
        let made = self.change(permit, stamp, move |work| {
            Box::pin(async move { update(work, tenant, place, &expected, change, stamp).await })
        });
        made.await?.now()
    }

    /// Removes a device state. The code that a claim gave the device counts as deleted from it,
    /// and nobody gets it again.
    pub async fn delete_device_state(
        &self,
        permit: &Permit<Write>,
        place: Place<DeviceStateId>,
        expected: &Expected,
        stamp: Stamp,
    ) -> Result<Outcome<()>, StoreError> {
        let (tenant, expected) = (permit.tenant(), expected.clone());
        let made = self.change(permit, stamp, move |work| {
            Box::pin(async move {
                let Some(row) = work.row::<DeviceStateRow>(remove(tenant, place)).await? else {
                    return Ok(Changed::No(Outcome::Missing));
                };
                let handout = row.handout_id;
                let gone = DeviceState::from(row);
                if !expected.holds(gone.revision) {
                    return Ok(Changed::No(Outcome::Stale));
                }
                ledger::follow(work, tenant, handout, DeviceStateValue::Deleted, stamp.at).await?;
                let audit = audit(Activity::DeleteDeviceState, place.pool, &gone).with(
                    "state",
                    Some(gone.details.state.name().to_owned()),
                    None,
                );
                Ok(Changed::Yes { value: Outcome::Done(()), audit, memo: String::new() })
            })
        });
        made.await?.now()
    }
}

async fn update(
    work: &mut Work<'_>,
    tenant: TenantId,
    place: Place<DeviceStateId>,
    expected: &Expected,
    change: DeviceStateChange,
    stamp: Stamp,
) -> Result<Changed<Outcome<DeviceState>>, StoreError> {
    let (pool, id) = (place.pool, place.id.uuid());
    let Some((current, handout)) = hold(work, tenant, pool, id).await? else {
        return Ok(Changed::No(Outcome::Missing));
    };
    if !expected.holds(current.revision) {
        return Ok(Changed::No(Outcome::Stale));
    }
    let details = change.apply(current.details.clone());
    if details == current.details {
        return Ok(Changed::No(Outcome::Done(current)));
    }
    let changed = work.row::<DeviceStateRow>(write(tenant, pool, id, &details, stamp.at)).await?;
    let Some(changed) = changed.map(DeviceState::from) else {
        return Ok(Changed::No(Outcome::Missing));
    };
    ledger::follow(work, tenant, handout, details.state, stamp.at).await?;
    let (old, new) = (&current.details, &changed.details);
    let state = |details: &DeviceDetails| Some(details.state.name().to_owned());
    let moment = |details: &DeviceDetails| details.last_sync_at.map(|at| at.to_string());
    let audit = audit(Activity::UpdateDeviceState, pool, &changed)
        .with("state", state(old), state(new))
        .with("stateDetails", old.state_details.clone(), new.state_details.clone())
        .with("deviceName", old.device_name.clone(), new.device_name.clone())
        .with("userName", old.user_name.clone(), new.user_name.clone())
        .with(
            "universalIntegratedCircuitCardIdentifier",
            old.universal_iccid.clone(),
            new.universal_iccid.clone(),
        )
        .with("lastSyncDateTime", moment(old), moment(new));
    Ok(Changed::Yes { value: Outcome::Done(changed), audit, memo: String::new() })
}

/// A device state that nobody else changes until the unit of work ends, and the claim that made
/// it, if one did.
pub(super) async fn hold(
    work: &mut Work<'_>,
    tenant: TenantId,
    pool: PoolId,
    id: Uuid,
) -> Result<Option<(DeviceState, Option<Uuid>)>, StoreError> {
    let place = Place { pool, id: DeviceStateId::from(id) };
    let row = work.row::<DeviceStateRow>(lock(work.dialect(), tenant, place)).await?;
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
