//! `GET …/{pool}/esimpool.codes`

use crate::auth::{Permit, Read};
use crate::domain::PooledCode;
use crate::http::error::ApiError;
use crate::http::extract::{PoolId, Query};
use crate::http::page::{PageBody, page_body};
use crate::http::page_bytes::PageBytes;
use crate::protocol::{Collection, Links, ListOptions};
use crate::store::Store;

/// A page of a pool's codes without their secrets, by position unless `$orderby` says otherwise.
pub(in crate::http) async fn list(
    permit: Permit<Read>,
    Query(options): Query<ListOptions<PooledCode>>,
    PoolId(pool): PoolId,
    store: Store,
    links: Links,
    max_bytes: PageBytes,
) -> Result<PageBody<PooledCode>, ApiError> {
    let page = store.codes(&permit, pool, &options.listing).await?;
    let page = page.ok_or(ApiError::NotFound)?;
    Ok(page_body(page, &options, Collection::Codes(pool), &links, max_bytes).await)
}
