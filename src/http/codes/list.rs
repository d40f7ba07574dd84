//! `GET …/{pool}/esimpool.codes`

use std::sync::Arc;

use crate::auth::{Permit, Read};
use crate::domain::PooledCode;
use crate::http::extract::{PoolId, Query};
use crate::http::{ApiError, Service, page_body};
use crate::protocol::{Body, Collection, Links, List, ListOptions};

/// A page of a pool's codes, without their secrets, in their order.
pub(in crate::http) async fn list(
    permit: Permit<Read>,
    Query(options): Query<ListOptions<PooledCode>>,
    PoolId(pool): PoolId,
    service: Arc<Service>,
    links: Links,
) -> Result<List<Body<PooledCode>>, ApiError> {
    let page = service.store.codes(&permit, pool, &options.listing).await?;
    let page = page.ok_or(ApiError::NotFound)?;
    Ok(page_body(page, &options, Collection::Codes(pool), &links))
}
