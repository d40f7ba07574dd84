//! `GET …/embeddedSIMActivationCodePools/{id}`

use std::sync::Arc;

use crate::auth::{Permit, Read};
use crate::http::extract::PoolId;
use crate::http::reply::Found;
use crate::http::{ApiError, Service};
use crate::protocol::{Links, PoolBody};

/// One pool.
pub(in crate::http) async fn get(
    permit: Permit<Read>,
    PoolId(id): PoolId,
    service: Arc<Service>,
    links: Links,
) -> Result<Found<PoolBody>, ApiError> {
    let pool = service.store.pool(&permit, id).await?.ok_or(ApiError::NotFound)?;
    Ok(Found(PoolBody::entity(pool, &links)))
}
