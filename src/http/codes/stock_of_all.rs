//! `GET …/embeddedSIMActivationCodePools/esimpool.stock`

use std::sync::Arc;

use crate::auth::{Permit, Read};
use crate::http::{ApiError, Service};
use crate::protocol::{Links, StockBody};

/// What is left in all pools of the tenant.
pub(in crate::http) async fn stock_of_all(
    permit: Permit<Read>,
    service: Arc<Service>,
    links: Links,
) -> Result<StockBody, ApiError> {
    Ok(StockBody::new(service.store.stock_of_all(&permit).await?, &links))
}
