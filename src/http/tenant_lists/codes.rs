//! `GET …/embeddedSIMActivationCodePools/esimpool.codes`

use crate::auth::{Permit, Read};
use crate::domain::TenantCode;
use crate::http::error::ApiError;
use crate::http::extract::Query;
use crate::http::page::{PageBody, page_body};
use crate::http::page_bytes::PageBytes;
use crate::protocol::{Collection, Links, ListOptions};
use crate::store::Store;

/// A page of the tenant's codes without their secrets, by pool unless `$orderby` says otherwise.
pub(in crate::http) async fn codes(
    permit: Permit<Read>,
    Query(options): Query<ListOptions<TenantCode>>,
    store: Store,
    links: Links,
    max_bytes: PageBytes,
) -> Result<PageBody<TenantCode>, ApiError> {
    let page = store.tenant_codes(&permit, &options.listing).await?;
    Ok(page_body(page, &options, Collection::TenantCodes, &links, max_bytes).await)
}
