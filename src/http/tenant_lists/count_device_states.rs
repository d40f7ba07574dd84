//! `GET …/embeddedSIMActivationCodePools/esimpool.deviceStates/$count`

use crate::auth::{Permit, Read};
use crate::domain::TenantDeviceState;
use crate::http::error::ApiError;
use crate::http::extract::Query;
use crate::http::reply::Count;
use crate::protocol::CountOptions;
use crate::store::Store;

/// The number of the tenant's device states.
pub(in crate::http) async fn count_device_states(
    permit: Permit<Read>,
    Query(options): Query<CountOptions<TenantDeviceState>>,
    store: Store,
) -> Result<Count, ApiError> {
    Ok(Count(store.count_tenant_device_states(&permit, &options.filter).await?))
}
