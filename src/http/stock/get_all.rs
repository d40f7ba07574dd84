//! `GET …/embeddedSIMActivationCodePools/esimpool.stock`

use crate::auth::{Permit, Read};
use crate::http::error::ApiError;
use crate::protocol::{Links, StockBody};
use crate::store::Store;

/// The stock of all pools of the tenant together.
pub(in crate::http) async fn get_all(
    permit: Permit<Read>,
    store: Store,
    links: Links,
) -> Result<StockBody, ApiError> {
    Ok(StockBody::new(store.stock_of_all(&permit).await?, &links))
}
