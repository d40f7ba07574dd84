//! `GET …/embeddedSIMActivationCodePools`

use super::expand::Expansions;
use crate::auth::{Permit, Read};
use crate::domain::Pool;
use crate::http::error::ApiError;
use crate::http::extract::Query;
use crate::http::page::expanded_page_body;
use crate::protocol::{Collection, EntityBody, Links, ListBody, PoolExpansion, PoolListOptions};
use crate::store::Store;

/// A page of the tenant's pools, with their expanded properties.
pub(in crate::http) async fn list(
    permit: Permit<Read>,
    Query(PoolListOptions { list, expand }): Query<PoolListOptions>,
    store: Store,
    links: Links,
) -> Result<ListBody<EntityBody<Pool, PoolExpansion>>, ApiError> {
    let page = store.pools(&permit, &list.listing).await?;
    let pools: Vec<_> = page.items.iter().map(|pool| pool.id).collect();
    let mut expansions = Expansions::read(&store, &permit, &pools, &expand).await?;
    let projection = expansions.projection();
    let expand = |pool: &Pool| expansions.of(pool.id, &links);
    Ok(expanded_page_body(page, &list, Collection::Pools, &links, &projection, expand))
}
