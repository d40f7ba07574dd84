//! `PATCH …/embeddedSIMActivationCodePools/{id}`

use std::sync::Arc;

use crate::auth::{Permit, Write};
use crate::domain::{Pool, PoolChange};
use crate::http::extract::{Body, IfMatch, PoolId};
use crate::http::reply::Updated;
use crate::http::{ApiError, Service, done};
use crate::protocol::{self, Collection, Links};

/// Renames a pool, and appends the codes that are sent along.
pub(in crate::http) async fn update(
    permit: Permit<Write>,
    Body(change): Body<PoolChange>,
    PoolId(id): PoolId,
    IfMatch(precondition): IfMatch,
    service: Arc<Service>,
    links: Links,
) -> Result<Updated<Pool>, ApiError> {
    let context = service.change_context();
    let update = Arc::new(change.into_update(&service.ids, context.at));
    let pool =
        done(service.store.update_pool(&permit, id, &precondition, &update, context).await?)?;
    let context = links.entity_context(Collection::Pools, "");
    Ok(Updated(protocol::Body::whole(context, pool, &links)))
}
