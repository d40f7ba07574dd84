//! `GET …/embeddedSIMActivationCodePools/esimpool.deviceStates`

use crate::auth::{Permit, Read};
use crate::domain::TenantDeviceState;
use crate::http::error::ApiError;
use crate::http::extract::Query;
use crate::http::page::{PageBody, page_body};
use crate::http::page_bytes::PageBytes;
use crate::protocol::{Collection, Links, ListOptions};
use crate::store::Store;

/// A page of the tenant's device states, by pool unless `$orderby` says otherwise.
pub(in crate::http) async fn device_states(
    permit: Permit<Read>,
    Query(options): Query<ListOptions<TenantDeviceState>>,
    store: Store,
    links: Links,
    max_bytes: PageBytes,
) -> Result<PageBody<TenantDeviceState>, ApiError> {
    let page = store.tenant_device_states(&permit, &options.listing).await?;
    Ok(page_body(page, &options, Collection::TenantDeviceStates, &links, max_bytes).await)
}
