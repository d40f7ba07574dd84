//! `GET …/{pool}/deviceStates`

use crate::auth::{Permit, Read};
use crate::domain::DeviceState;
use crate::http::error::ApiError;
use crate::http::extract::{PoolId, Query};
use crate::http::page::page_body;
use crate::protocol::{Collection, EntityBody, Links, ListBody, ListOptions};
use crate::store::Store;

/// A page of a pool's device states.
pub(in crate::http) async fn list(
    permit: Permit<Read>,
    Query(options): Query<ListOptions<DeviceState>>,
    PoolId(pool): PoolId,
    store: Store,
    links: Links,
) -> Result<ListBody<EntityBody<DeviceState>>, ApiError> {
    let page = store.device_states(&permit, pool, &options.listing).await?;
    let page = page.ok_or(ApiError::NotFound)?;
    Ok(page_body(page, &options, Collection::DeviceStates(pool), &links))
}
