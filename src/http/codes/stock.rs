//! `GET …/{pool}/esimpool.stock`

use std::sync::Arc;

use crate::auth::{Permit, Read};
use crate::domain::Stock;
use crate::http::extract::PoolId;
use crate::http::{ApiError, Service};
use crate::protocol::{Links, StockBody};

/// What is left in a pool.
pub(in crate::http) async fn stock(
    permit: Permit<Read>,
    PoolId(pool): PoolId,
    service: Arc<Service>,
    links: Links,
) -> Result<StockBody, ApiError> {
    let stock = service.store.stock(&permit, pool).await?.ok_or(ApiError::NotFound)?;
    let default = i64::from(service.limits.low_stock_threshold);
    let low_stock_threshold = Some(stock.low_stock_threshold.unwrap_or(default));
    Ok(StockBody::new(Stock { low_stock_threshold, ..stock }, &links))
}
