//! `GET …/{pool}/deviceStates`

use crate::auth::{Permit, Read};
use crate::domain::DeviceState;
use crate::http::error::ApiError;
use crate::http::extract::{PoolId, Query};
use crate::http::page::{PageBody, page_body};
use crate::http::page_bytes::PageBytes;
use crate::protocol::{Collection, Links, ListOptions};
use crate::store::Store;

/// A page of a pool's device states.
pub(in crate::http) async fn list(
    permit: Permit<Read>,
    Query(options): Query<ListOptions<DeviceState>>,
    PoolId(pool): PoolId,
    store: Store,
    links: Links,
    max_bytes: PageBytes,
) -> Result<PageBody<DeviceState>, ApiError> {
    let page = store.device_states(&permit, pool, &options.listing).await?;
    let page = page.ok_or(ApiError::NotFound)?;
    Ok(page_body(page, &options, Collection::DeviceStates(pool), &links, max_bytes).await)
}
