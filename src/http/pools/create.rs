//! `POST …/embeddedSIMActivationCodePools`

use std::sync::Arc;

use crate::auth::{Permit, Write};
use crate::domain::PoolDraft;
use crate::http::extract::Body;
use crate::http::reply::Created;
use crate::http::{ApiError, Service};
use crate::protocol::{self, Collection, Links, PoolEcho};

/// Creates a pool together with any activation codes sent along.
pub(in crate::http) async fn create(
    permit: Permit<Write>,
    Body(draft): Body<PoolDraft>,
    service: Arc<Service>,
    links: Links,
) -> Result<Created<PoolEcho>, ApiError> {
    let context = service.change_context();
    let created = Arc::new(draft.into_new(&service.ids, context.at));
    let pool = service.store.create_pool(&permit, &created, context).await?;
    let context = links.entity_context(Collection::Pools, "");
    Ok(Created {
        location: links.entity(Collection::Pools, pool.id),
        items: created.codes.len(),
        body: protocol::Body::whole(context, PoolEcho { pool, created }, &links),
    })
}
