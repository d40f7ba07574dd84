//! `PATCH …/{pool}/esimpool.stock`

use crate::auth::{Permit, Write};
use crate::domain::ChangeContext;
use crate::http::error::ApiError;
use crate::http::extract::{Body, PoolId};
use crate::http::reply::NoContent;
use crate::protocol::LowStockThreshold;
use crate::store::Store;

/// Sets the number of free codes from which down the stock of a pool is low.
pub(in crate::http) async fn set_low_stock_threshold(
    permit: Permit<Write>,
    Body(LowStockThreshold(threshold)): Body<LowStockThreshold>,
    PoolId(pool): PoolId,
    change: ChangeContext,
    store: Store,
) -> Result<NoContent, ApiError> {
    let known = store.set_low_stock_threshold(&permit, pool, threshold, change).await?;
    if known { Ok(NoContent) } else { Err(ApiError::NotFound) }
}
