//! `PATCH …/embeddedSIMActivationCodePools/{id}`

use std::sync::Arc;

use crate::auth::{Permit, Write};
use crate::domain::{Pool, PoolChange};
use crate::http::error::{ApiError, done};
use crate::http::extract::{Body, Creation, IfMatch, PoolId};
use crate::http::reply::Updated;
use crate::protocol::{Collection, EntityBody, Links};
use crate::store::Store;

/// Renames a pool and appends the codes in the body.
pub(in crate::http) async fn update(
    permit: Permit<Write>,
    Body(update): Body<PoolChange>,
    PoolId(id): PoolId,
    IfMatch(precondition): IfMatch,
    Creation { change, ids }: Creation,
    store: Store,
    links: Links,
) -> Result<Updated<Pool>, ApiError> {
    let update = Arc::new(update.into_update(&ids, change.at));
    let pool = done(store.update_pool(&permit, id, &precondition, &update, change).await?)?;
    let context = links.entity_context(Collection::Pools, "");
    Ok(Updated(EntityBody::complete(context, pool, &links)))
}
