//! `GET …/auditEvents`

use std::sync::Arc;

use crate::auth::{Permit, Read};
use crate::domain::AuditEvent;
use crate::http::extract::Query;
use crate::http::{ApiError, Service, page_body};
use crate::protocol::{Body, Collection, Links, List, ListOptions};

/// A page of the tenant's audit log, oldest first where nothing else is asked for.
pub(in crate::http) async fn list(
    permit: Permit<Read>,
    Query(options): Query<ListOptions<AuditEvent>>,
    service: Arc<Service>,
    links: Links,
) -> Result<List<Body<AuditEvent>>, ApiError> {
    let page = service.store.audit_events(&permit, &options.listing).await?;
    Ok(page_body(page, &options, Collection::AuditEvents, &links))
}
