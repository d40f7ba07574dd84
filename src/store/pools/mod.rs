//! Pools. Knows how they are stored with their codes, not how codes are handed out.

mod audit;
mod create;
mod delete;
mod rows;
mod update;

use super::entity::Scope;
use super::error::StoreError;
use super::handle::Store;
use crate::auth::{Permit, Read};
use crate::domain::{Listing, Page, Pool, PoolField, PoolId, Predicate};

pub(super) use rows::{
    PoolRow, insert, lock, lock_pool, names, next_position, remove_codes, update as update_row,
};

impl Store {
    /// The pool, or `None` if this tenant has none of that id.
    pub async fn pool(
        &self,
        permit: &Permit<Read>,
        id: PoolId,
    ) -> Result<Option<Pool>, StoreError> {
        self.find(Scope::tenant(permit.tenant()), id.uuid()).await
    }

    /// A page of the tenant's pools.
    pub async fn pools(
        &self,
        permit: &Permit<Read>,
        listing: &Listing<PoolField>,
    ) -> Result<Page<Pool>, StoreError> {
        self.page(Scope::tenant(permit.tenant()), listing).await
    }

    /// How many of the tenant's pools satisfy a condition.
    pub async fn count_pools(
        &self,
        permit: &Permit<Read>,
        filter: &Predicate<PoolField>,
    ) -> Result<i64, StoreError> {
        self.count::<Pool>(Scope::tenant(permit.tenant()), filter).await
    }
}
