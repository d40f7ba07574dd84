//! `PATCH …/{pool}/esimpool.stock`

use std::sync::Arc;

use crate::auth::{Permit, Write};
use crate::http::extract::{Body, PoolId};
use crate::http::reply::NoContent;
use crate::http::{ApiError, Service};
use crate::protocol::LowStockThreshold;

/// Says from how many free codes down the stock of a pool is low.
pub(in crate::http) async fn set_low_stock(
    permit: Permit<Write>,
    Body(LowStockThreshold(threshold)): Body<LowStockThreshold>,
    PoolId(pool): PoolId,
    service: Arc<Service>,
) -> Result<NoContent, ApiError> {
    let context = service.change_context();
    let known = service.store.set_low_stock_threshold(&permit, pool, threshold, context).await?;
    if known { Ok(NoContent) } else { Err(ApiError::NotFound) }
}
