//! `GET …/embeddedSIMActivationCodePools/{id}`

use std::sync::Arc;

use super::expand::Expansions;
use crate::auth::{Permit, Read};
use crate::domain::Pool;
use crate::http::error::ApiError;
use crate::http::extract::{PoolId, Query};
use crate::http::page_bytes::PageBytes;
use crate::http::reply::Found;
use crate::protocol::{Collection, EntityBody, Links, PoolExpansion, PoolOptions, Shape};
use crate::store::Store;

/// One pool, with its expanded properties.
pub(in crate::http) async fn get(
    permit: Permit<Read>,
    Query(options): Query<PoolOptions>,
    PoolId(id): PoolId,
    store: Store,
    links: Links,
    PageBytes(max_bytes): PageBytes,
) -> Result<Found<Pool, PoolExpansion>, ApiError> {
    let pool = store.pool(&permit, id).await?.ok_or(ApiError::NotFound)?;
    let mut expansions = Expansions::read(&store, &permit, &[id], &options.expand).await?;
    let shape = Arc::new(Shape::new(&links, options.select));
    let projection = shape.projection(&expansions.projection());
    let context = links.entity_context(Collection::Pools, &projection);
    let expansion = expansions.of(id, &links, max_bytes);
    Ok(Found(EntityBody::new(context, pool, shape, expansion)))
}
