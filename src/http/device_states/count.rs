//! `GET …/{pool}/deviceStates/$count`

use crate::auth::{Permit, Read};
use crate::domain::DeviceState;
use crate::http::error::ApiError;
use crate::http::extract::{PoolId, Query};
use crate::http::reply::Count;
use crate::protocol::CountOptions;
use crate::store::Store;

/// The number of device states of a pool.
pub(in crate::http) async fn count(
    permit: Permit<Read>,
    Query(options): Query<CountOptions<DeviceState>>,
    PoolId(pool): PoolId,
    store: Store,
) -> Result<Count, ApiError> {
    let count = store.count_device_states(&permit, pool, &options.filter).await?;
    count.map(Count).ok_or(ApiError::NotFound)
}
