//! `GET …/embeddedSIMActivationCodePools/$count`

use std::sync::Arc;

use crate::auth::{Permit, Read};
use crate::domain::Pool;
use crate::http::extract::Query;
use crate::http::reply::Count;
use crate::http::{ApiError, Service};
use crate::protocol::CountOptions;

/// How many pools there are.
pub(in crate::http) async fn count(
    permit: Permit<Read>,
    Query(options): Query<CountOptions<Pool>>,
    service: Arc<Service>,
) -> Result<Count, ApiError> {
    Ok(Count(service.store.count_pools(&permit, &options.filter).await?))
}
