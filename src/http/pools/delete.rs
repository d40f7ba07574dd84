//! `DELETE …/embeddedSIMActivationCodePools/{id}`

use std::sync::Arc;

use crate::auth::{Permit, Write};
use crate::http::extract::PoolId;
use crate::http::reply::NoContent;
use crate::http::{ApiError, Service};

/// Removes a pool with its codes.
pub(in crate::http) async fn delete(
    permit: Permit<Write>,
    PoolId(id): PoolId,
    service: Arc<Service>,
) -> Result<NoContent, ApiError> {
    if service.store.delete_pool(&permit, id).await? {
        Ok(NoContent)
    } else {
        Err(ApiError::NotFound)
    }
}
