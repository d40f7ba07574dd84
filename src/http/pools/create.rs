//! `POST …/embeddedSIMActivationCodePools`

use std::sync::Arc;

use crate::auth::{Permit, Write};
use crate::domain::PoolDraft;
use crate::http::error::ApiError;
use crate::http::extract::{Body, Creation};
use crate::http::reply::Created;
use crate::protocol::{Collection, EntityBody, Links, PoolEcho};
use crate::store::Store;

/// Creates a pool with the activation codes in the body.
pub(in crate::http) async fn create(
    permit: Permit<Write>,
    Body(draft): Body<PoolDraft>,
    Creation { change, ids }: Creation,
    store: Store,
    links: Links,
) -> Result<Created<PoolEcho>, ApiError> {
    let created = Arc::new(draft.into_new(&ids, change.at));
    let pool = store.create_pool(&permit, &created, change).await?;
    let context = links.entity_context(Collection::Pools, "");
    Ok(Created {
        location: links.entity(Collection::Pools, pool.id),
        items: created.codes.len(),
        body: EntityBody::complete(context, PoolEcho { pool, created }, &links),
    })
}
