//! `GET …/auditEvents/{id}`

use std::sync::Arc;

use crate::auth::{Permit, ReadAudit};
use crate::domain::{AuditEvent, EventId};
use crate::http::error::ApiError;
use crate::http::extract::{Id, Query};
use crate::http::reply::Found;
use crate::protocol::{Collection, EntityBody, EntityOptions, Links, Shape};
use crate::store::Store;

/// One of the tenant's audit events.
pub(in crate::http) async fn get(
    permit: Permit<ReadAudit>,
    Query(options): Query<EntityOptions<AuditEvent>>,
    Id(id): Id<EventId>,
    store: Store,
    links: Links,
) -> Result<Found<AuditEvent>, ApiError> {
    let event = store.audit_event(&permit, id).await?.ok_or(ApiError::NotFound)?;
    let shape = Arc::new(Shape::new(&links, options.select));
    let context = links.entity_context(Collection::AuditEvents, &shape.projection(&[]));
    Ok(Found(EntityBody::new(context, event, shape, ())))
}
