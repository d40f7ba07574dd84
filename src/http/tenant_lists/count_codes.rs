//! `GET …/embeddedSIMActivationCodePools/esimpool.codes/$count`

use crate::auth::{Permit, Read};
use crate::domain::TenantCode;
use crate::http::error::ApiError;
use crate::http::extract::Query;
use crate::http::reply::Count;
use crate::protocol::CountOptions;
use crate::store::Store;

/// The number of the tenant's codes without their secrets.
pub(in crate::http) async fn count_codes(
    permit: Permit<Read>,
    Query(options): Query<CountOptions<TenantCode>>,
    store: Store,
) -> Result<Count, ApiError> {
    Ok(Count(store.count_tenant_codes(&permit, &options.filter).await?))
}
