//! `GET …/embeddedSIMActivationCodePools`

use std::sync::Arc;

use crate::auth::{Permit, Read};
use crate::http::extract::Page;
use crate::http::reply::Found;
use crate::http::{ApiError, Service};
use crate::protocol::{Collection, Links, PoolBody};

/// A page of the tenant's pools, oldest first.
pub(in crate::http) async fn list(
    permit: Permit<Read>,
    Page(options): Page,
    service: Arc<Service>,
    links: Links,
) -> Result<Found<Collection<PoolBody>>, ApiError> {
    let page = service.store.pools(&permit, &options.listing).await?;
    let last = page.items.last().filter(|_| page.more).map(|pool| pool.id);
    let next = last.map(|last| links.pools(&options.next(last)));
    let value = page.items.into_iter().map(PoolBody::member).collect();
    Ok(Found(Collection::new(links.pools_context(), value, next)))
}
