//! `PATCH …/{pool}/assignments/{id}`

use std::sync::Arc;

use crate::auth::{Permit, Write};
use crate::domain::{Assignment, AssignmentId};
use crate::http::extract::{Body, IfMatch, InPool};
use crate::http::reply::Updated;
use crate::http::{ApiError, Service, done};
use crate::protocol::{self, AssignmentChange, Collection, Links};

/// Gives an assignment another target.
pub(in crate::http) async fn update(
    permit: Permit<Write>,
    Body(AssignmentChange(target)): Body<AssignmentChange>,
    InPool(place): InPool<AssignmentId>,
    IfMatch(expected): IfMatch,
    service: Arc<Service>,
    links: Links,
) -> Result<Updated<Assignment>, ApiError> {
    let stamp = service.stamp();
    let changed = service.store.update_assignment(&permit, place, &expected, target, stamp).await?;
    let context = links.entity_context(Collection::Assignments(place.pool), "");
    Ok(Updated(protocol::Body::whole(context, done(changed)?, &links)))
}
