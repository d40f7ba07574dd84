//! `POST …/{pool}/assignments`

use std::sync::Arc;

use crate::auth::{Permit, Write};
use crate::domain::{Assignment, NewAssignment};
use crate::http::extract::{Body, PoolId};
use crate::http::reply::Created;
use crate::http::{ApiError, Service};
use crate::protocol::{self, AssignmentDraft, Collection, Links};

/// Adds an assignment to a pool.
pub(in crate::http) async fn create(
    permit: Permit<Write>,
    Body(AssignmentDraft(target)): Body<AssignmentDraft>,
    PoolId(pool): PoolId,
    service: Arc<Service>,
    links: Links,
) -> Result<Created<Assignment>, ApiError> {
    let context = service.change_context();
    let new = NewAssignment::new(target, &service.ids, context.at);
    let created = service.store.create_assignment(&permit, pool, new, context).await?;
    let created = created.ok_or(ApiError::NotFound)?;
    let collection = Collection::Assignments(pool);
    Ok(Created {
        location: links.entity(collection, created.id),
        items: 1,
        body: protocol::Body::whole(links.entity_context(collection, ""), created, &links),
    })
}
