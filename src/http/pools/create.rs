//! `POST …/embeddedSIMActivationCodePools`

use std::sync::Arc;

use crate::auth::{Permit, Write};
use crate::domain::PoolDraft;
use crate::http::extract::Body;
use crate::http::reply::Created;
use crate::http::{ApiError, Service};
use crate::protocol::{Links, PoolEcho};

/// Creates a pool together with any activation codes sent along.
pub(in crate::http) async fn create(
    permit: Permit<Write>,
    Body(draft): Body<PoolDraft>,
    service: Arc<Service>,
    links: Links,
) -> Result<Created<PoolEcho>, ApiError> {
    let new = Arc::new(draft.into_new(&service.ids, service.clock.now()));
    let pool = service.store.create_pool(&permit, &new).await?;
    Ok(Created {
        location: links.pool(pool.id),
        items: new.codes.len(),
        body: PoolEcho::new(pool, new, &links),
    })
}
