//! `GET …/{pool}/assignments`

use crate::auth::{Permit, Read};
use crate::domain::Assignment;
use crate::http::error::ApiError;
use crate::http::extract::{PoolId, Query};
use crate::http::page::{PageBody, page_body};
use crate::http::page_bytes::PageBytes;
use crate::protocol::{Collection, Links, ListOptions};
use crate::store::Store;

/// A page of a pool's assignments.
pub(in crate::http) async fn list(
    permit: Permit<Read>,
    Query(options): Query<ListOptions<Assignment>>,
    PoolId(pool): PoolId,
    store: Store,
    links: Links,
    max_bytes: PageBytes,
) -> Result<PageBody<Assignment>, ApiError> {
    let page = store.assignments(&permit, pool, &options.listing).await?;
    let page = page.ok_or(ApiError::NotFound)?;
    Ok(page_body(page, &options, Collection::Assignments(pool), &links, max_bytes).await)
}
