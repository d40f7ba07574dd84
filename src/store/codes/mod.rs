//! The codes of a pool: how they are stored, and how they are listed. Knows no secret in clear, nor
//! how codes are handed out.

mod counting;
mod rows;
mod sealed;

use crate::auth::{Permit, Read};
use crate::domain::{CodeField, Listing, Page, PoolId, PooledCode, Predicate};

use super::error::StoreError;
use super::handle::Store;

pub(super) use counting::{count, hosts};
pub(super) use rows::{PooledCodeRow, of_import};
pub(super) use sealed::{CodeFacts, SealedCode, SealedCodes, SealedSecrets, append, insert};

impl Store {
    /// A page of a pool's codes, or `None` if this tenant has no such pool.
    pub async fn codes(
        &self,
        permit: &Permit<Read>,
        pool: PoolId,
        listing: &Listing<CodeField>,
    ) -> Result<Option<Page<PooledCode>>, StoreError> {
        self.page_in_pool(permit, pool, listing).await
    }

    /// How many of a pool's codes satisfy a condition, or `None` if this tenant has no such pool.
    pub async fn count_codes(
        &self,
        permit: &Permit<Read>,
        pool: PoolId,
        filter: &Predicate<CodeField>,
    ) -> Result<Option<i64>, StoreError> {
        self.count_in_pool::<PooledCode>(permit, pool, filter).await
    }
}
