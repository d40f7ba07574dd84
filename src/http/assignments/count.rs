//! `GET …/{pool}/assignments/$count`

use crate::auth::{Permit, Read};
use crate::domain::Assignment;
use crate::http::error::ApiError;
use crate::http::extract::{PoolId, Query};
use crate::http::reply::Count;
use crate::protocol::CountOptions;
use crate::store::Store;

/// The number of assignments of a pool.
pub(in crate::http) async fn count(
    permit: Permit<Read>,
    Query(options): Query<CountOptions<Assignment>>,
    PoolId(pool): PoolId,
    store: Store,
) -> Result<Count, ApiError> {
    let count = store.count_assignments(&permit, pool, &options.filter).await?;
    count.map(Count).ok_or(ApiError::NotFound)
}
