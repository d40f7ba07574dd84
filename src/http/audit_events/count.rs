//! `GET …/auditEvents/$count`

use crate::auth::{Permit, ReadAudit};
use crate::domain::AuditEvent;
use crate::http::error::ApiError;
use crate::http::extract::Query;
use crate::http::reply::Count;
use crate::protocol::CountOptions;
use crate::store::Store;

/// The number of the tenant's audit events.
pub(in crate::http) async fn count(
    permit: Permit<ReadAudit>,
    Query(options): Query<CountOptions<AuditEvent>>,
    store: Store,
) -> Result<Count, ApiError> {
    Ok(Count(store.count_audit_events(&permit, &options.filter).await?))
}
