//! `GET …/auditEvents/$count`

use std::sync::Arc;

use crate::auth::{Permit, Read};
use crate::domain::AuditEvent;
use crate::http::extract::Query;
use crate::http::reply::Count;
use crate::http::{ApiError, Service};
use crate::protocol::CountOptions;

/// How many entries the tenant's audit log has.
pub(in crate::http) async fn count(
    permit: Permit<Read>,
    Query(options): Query<CountOptions<AuditEvent>>,
    service: Arc<Service>,
) -> Result<Count, ApiError> {
    Ok(Count(service.store.count_audit_events(&permit, &options.filter).await?))
}
