//! `GET …/auditEvents`

use crate::auth::{Permit, ReadAudit};
use crate::domain::AuditEvent;
use crate::http::error::ApiError;
use crate::http::extract::Query;
use crate::http::page::{PageBody, page_body};
use crate::http::page_bytes::PageBytes;
use crate::protocol::{Collection, Links, ListOptions};
use crate::store::Store;

/// A page of the tenant's audit events, oldest first by default.
pub(in crate::http) async fn list(
    permit: Permit<ReadAudit>,
    Query(options): Query<ListOptions<AuditEvent>>,
    store: Store,
    links: Links,
    max_bytes: PageBytes,
) -> Result<PageBody<AuditEvent>, ApiError> {
    let page = store.audit_events(&permit, &options.listing).await?;
    Ok(page_body(page, &options, Collection::AuditEvents, &links, max_bytes).await)
}
