//! `GET …/embeddedSIMActivationCodePools`

use std::sync::Arc;

use super::expand::Expansions;
use crate::auth::{Permit, Read};
use crate::domain::Pool;
use crate::http::extract::Query;
use crate::http::{ApiError, Service};
use crate::protocol::{Body, Collection, Links, List, PoolExpansion, PoolListOptions, Shape};

/// A page of the tenant's pools, with whatever they are expanded with.
pub(in crate::http) async fn list(
    permit: Permit<Read>,
    Query(options): Query<PoolListOptions>,
    service: Arc<Service>,
    links: Links,
) -> Result<List<Body<Pool, PoolExpansion>>, ApiError> {
    let PoolListOptions { list, expand } = options;
    let page = service.store.pools(&permit, &list.listing).await?;
    let last = page.items.last().filter(|_| page.more);
    let next = last.map(|last| links.list(Collection::Pools, &list.next(last)));
    let pools: Vec<_> = page.items.iter().map(|pool| pool.id).collect();
    let mut expansions = Expansions::read(&service.store, &permit, &pools, &expand).await?;

    let shape = Arc::new(Shape::new(&links, list.select));
    let context =
        links.list_context(Collection::Pools, &shape.projection(&expansions.projection()));
    let body = |pool: Pool| {
        let expansion = expansions.of(pool.id, &links);
        Body::new(None, pool, shape.clone(), expansion)
    };
    let value = page.items.into_iter().map(body).collect();
    Ok(List::new(context, page.count, value, next))
}
