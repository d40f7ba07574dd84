//! `GET …/{pool}/esimpool.codes`

use crate::auth::{Permit, Read};
use crate::domain::PooledCode;
use crate::http::error::ApiError;
use crate::http::extract::{PoolId, Query};
use crate::http::page::page_body;
use crate::protocol::{Collection, EntityBody, Links, ListBody, ListOptions};
use crate::store::Store;

/// A page of a pool's codes without their secrets, by position unless `$orderby` says otherwise.
pub(in crate::http) async fn list(
    permit: Permit<Read>,
    Query(options): Query<ListOptions<PooledCode>>,
    PoolId(pool): PoolId,
    store: Store,
    links: Links,
) -> Result<ListBody<EntityBody<PooledCode>>, ApiError> {
    let page = store.codes(&permit, pool, &options.listing).await?;
    let page = page.ok_or(ApiError::NotFound)?;
    Ok(page_body(page, &options, Collection::Codes(pool), &links))
}
