//! `GET …/embeddedSIMActivationCodePools`

use super::expand::Expansions;
use crate::auth::{Permit, Read};
use crate::domain::Pool;
use crate::http::error::ApiError;
use crate::http::extract::Query;
use crate::http::page::{PageBody, PageWriter};
use crate::http::page_bytes::PageBytes;
use crate::protocol::{Collection, Links, PoolExpansion, PoolListOptions};
use crate::store::Store;

/// A page of the tenant's pools, with their expanded properties. It ends before those that would
/// expand to more than one response may hold.
pub(in crate::http) async fn list(
    permit: Permit<Read>,
    Query(PoolListOptions { list, expand }): Query<PoolListOptions>,
    store: Store,
    links: Links,
    PageBytes(max_bytes): PageBytes,
) -> Result<PageBody<Pool, PoolExpansion>, ApiError> {
    let mut page = store.pools(&permit, &list.listing).await?;
    let pools: Vec<_> = page.items.iter().map(|pool| pool.id).collect();
    let mut expansions = Expansions::read(&store, &permit, &pools, &expand).await?;
    page.more |= expansions.pools < page.items.len();
    page.items.truncate(expansions.pools);
    let projection = expansions.projection();
    let expand = |pool: &Pool| expansions.of(pool.id, &links, max_bytes);
    let writer = PageWriter::new(&list, Collection::Pools, &links, max_bytes);
    Ok(writer.expanded_page(page, &projection, expand).await)
}
