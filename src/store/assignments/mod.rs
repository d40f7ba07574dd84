//! Assignments of pools.

mod assign;
mod audit;
mod changes;
mod replay;
mod rows;

use std::collections::HashMap;

use super::entity::{EntityKey, Scope};
use super::error::StoreError;
use super::handle::Store;
use crate::auth::{Permit, Read};
use crate::domain::{Assignment, AssignmentField, AssignmentId, Listing, Page, PoolId, Predicate};

impl Store {
    /// The assignment, or `None` if that pool of this tenant has none of that id.
    pub async fn assignment(
        &self,
        permit: &Permit<Read>,
        key: EntityKey<AssignmentId>,
    ) -> Result<Option<Assignment>, StoreError> {
        self.find(Scope::pool(permit.tenant(), key.pool), key.id.uuid()).await
    }

    /// A page of a pool's assignments, or `None` if this tenant has no such pool.
    pub async fn assignments(
        &self,
        permit: &Permit<Read>,
        pool: PoolId,
        listing: &Listing<AssignmentField>,
    ) -> Result<Option<Page<Assignment>>, StoreError> {
        self.page_in_pool(permit, pool, listing).await
    }

    /// A page of assignments for each of several pools.
    pub async fn assignments_of(
        &self,
        permit: &Permit<Read>,
        pools: &[PoolId],
        listing: &Listing<AssignmentField>,
    ) -> Result<HashMap<PoolId, Page<Assignment>>, StoreError> {
        self.pages(permit.tenant(), pools, listing).await
    }

    /// How many of a pool's assignments satisfy a condition, or `None` if this tenant has no such
    /// pool.
    pub async fn count_assignments(
        &self,
        permit: &Permit<Read>,
        pool: PoolId,
        filter: &Predicate<AssignmentField>,
    ) -> Result<Option<i64>, StoreError> {
        self.count_in_pool::<Assignment>(permit, pool, filter).await
    }
}
