//! `GET …/{pool}/assignments`

use std::sync::Arc;

use crate::auth::{Permit, Read};
use crate::domain::Assignment;
use crate::http::extract::{PoolId, Query};
use crate::http::{ApiError, Service, page_body};
use crate::protocol::{Body, Collection, Links, List, ListOptions};

/// A page of a pool's assignments.
pub(in crate::http) async fn list(
    permit: Permit<Read>,
    Query(options): Query<ListOptions<Assignment>>,
    PoolId(pool): PoolId,
    service: Arc<Service>,
    links: Links,
) -> Result<List<Body<Assignment>>, ApiError> {
    let page = service.store.assignments(&permit, pool, &options.listing).await?;
    let page = page.ok_or(ApiError::NotFound)?;
    Ok(page_body(page, &options, Collection::Assignments(pool), &links))
}
