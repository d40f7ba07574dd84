//! `GET …/{pool}/esimpool.codes/$count`

use std::sync::Arc;

use crate::auth::{Permit, Read};
use crate::domain::PooledCode;
use crate::http::extract::{PoolId, Query};
use crate::http::reply::Count;
use crate::http::{ApiError, Service};
use crate::protocol::CountOptions;

/// How many codes a pool has.
pub(in crate::http) async fn count(
    permit: Permit<Read>,
    Query(options): Query<CountOptions<PooledCode>>,
    PoolId(pool): PoolId,
    service: Arc<Service>,
) -> Result<Count, ApiError> {
    let count = service.store.count_codes(&permit, pool, &options.filter).await?;
    count.map(Count).ok_or(ApiError::NotFound)
}
