//! `PATCH …/embeddedSIMActivationCodePools/{id}`

use std::sync::Arc;

use crate::auth::{Permit, Write};
use crate::domain::PoolChange;
use crate::http::extract::{Body, PoolId};
use crate::http::reply::Found;
use crate::http::{ApiError, Service};
use crate::protocol::{Links, PoolBody};

/// Renames a pool, and appends the codes that are sent along.
pub(in crate::http) async fn update(
    permit: Permit<Write>,
    Body(change): Body<PoolChange>,
    PoolId(id): PoolId,
    service: Arc<Service>,
    links: Links,
) -> Result<Found<PoolBody>, ApiError> {
    let update = Arc::new(change.into_update(&service.ids, service.clock.now()));
    let pool = service.store.update_pool(&permit, id, &update).await?.ok_or(ApiError::NotFound)?;
    Ok(Found(PoolBody::entity(pool, &links)))
}
