//! Device states of pools. The code that a claim gave a device follows the device's state.

mod audit;
mod create;
mod delete;
mod replay;
mod rows;
mod update;
mod writes;

use std::collections::HashMap;

use super::entity::{EntityKey, Scope};
use super::error::StoreError;
use super::handle::Store;
use crate::auth::{Permit, Read};
use crate::domain::{
    DeviceState, DeviceStateField, DeviceStateId, Listing, Page, PoolId, Predicate,
};

pub(super) use replay::DeviceStateReplay;
pub(super) use rows::{DeviceStateRow, lock};
pub(super) use writes::{NewRow, folded, insert, update};

impl Store {
    /// The device state, or `None` if that pool of this tenant has none of that id.
    pub async fn device_state(
        &self,
        permit: &Permit<Read>,
        key: EntityKey<DeviceStateId>,
    ) -> Result<Option<DeviceState>, StoreError> {
        self.find(Scope::pool(permit.tenant(), key.pool), key.id.uuid()).await
    }

    /// A page of a pool's device states, or `None` if this tenant has no such pool.
    pub async fn device_states(
        &self,
        permit: &Permit<Read>,
        pool: PoolId,
        listing: &Listing<DeviceStateField>,
    ) -> Result<Option<Page<DeviceState>>, StoreError> {
        self.page_in_pool(permit, pool, listing).await
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

    /// How many of a pool's device states satisfy a condition, or `None` if this tenant has no such
    /// pool.
    pub async fn count_device_states(
        &self,
        permit: &Permit<Read>,
        pool: PoolId,
        filter: &Predicate<DeviceStateField>,
    ) -> Result<Option<i64>, StoreError> {
        self.count_in_pool::<DeviceState>(permit, pool, filter).await
    }
}
