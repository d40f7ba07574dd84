//! `DELETE …/embeddedSIMActivationCodePools/{id}`

use std::sync::Arc;

use crate::auth::{Permit, Write};
use crate::http::extract::{IfMatch, PoolId};
use crate::http::reply::NoContent;
use crate::http::{ApiError, Service, done};

/// Removes a pool with all that belongs to it.
pub(in crate::http) async fn delete(
    permit: Permit<Write>,
    PoolId(id): PoolId,
    IfMatch(precondition): IfMatch,
    service: Arc<Service>,
) -> Result<NoContent, ApiError> {
    let context = service.change_context();
    done(service.store.delete_pool(&permit, id, &precondition, context).await?)?;
    Ok(NoContent)
}
