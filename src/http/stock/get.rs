//! `GET …/{pool}/esimpool.stock`

use crate::auth::{Permit, Read};
use crate::domain::Stock;
use crate::http::error::ApiError;
use crate::http::extract::PoolId;
use crate::http::service::Limits;
use crate::protocol::{Links, StockBody};
use crate::store::Store;

/// The stock of a pool, with the threshold from which down it is low.
pub(in crate::http) async fn get(
    permit: Permit<Read>,
    PoolId(pool): PoolId,
    limits: Limits,
    store: Store,
    links: Links,
) -> Result<StockBody, ApiError> {
    let stock = store.stock(&permit, pool).await?.ok_or(ApiError::NotFound)?;
    let default = i64::from(limits.low_stock_threshold);
    let low_stock_threshold = Some(stock.low_stock_threshold.unwrap_or(default));
    Ok(StockBody::new(Stock { low_stock_threshold, ..stock }, &links))
}
