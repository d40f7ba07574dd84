//! `GET …/auditEvents`

use crate::auth::{Permit, Read};
use crate::domain::AuditEvent;
use crate::http::error::ApiError;
use crate::http::extract::Query;
use crate::http::page::page_body;
use crate::protocol::{Collection, EntityBody, Links, ListBody, ListOptions};
use crate::store::Store;

/// A page of the tenant's audit events, oldest first by default.
pub(in crate::http) async fn list(
    permit: Permit<Read>,
    Query(options): Query<ListOptions<AuditEvent>>,
    store: Store,
    links: Links,
) -> Result<ListBody<EntityBody<AuditEvent>>, ApiError> {
    let page = store.audit_events(&permit, &options.listing).await?;
    Ok(page_body(page, &options, Collection::AuditEvents, &links))
}
