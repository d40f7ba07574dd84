//! `GET …/embeddedSIMActivationCodePools/$count`

use crate::auth::{Permit, Read};
use crate::domain::Pool;
use crate::http::error::ApiError;
use crate::http::extract::Query;
use crate::http::reply::Count;
use crate::protocol::CountOptions;
use crate::store::Store;

/// The number of pools.
pub(in crate::http) async fn count(
    permit: Permit<Read>,
    Query(options): Query<CountOptions<Pool>>,
    store: Store,
) -> Result<Count, ApiError> {
    Ok(Count(store.count_pools(&permit, &options.filter).await?))
}
