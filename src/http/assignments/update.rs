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
    InPool(key): InPool<AssignmentId>,
    IfMatch(precondition): IfMatch,
    service: Arc<Service>,
    links: Links,
) -> Result<Updated<Assignment>, ApiError> {
    let context = service.change_context();
    let changed =
        service.store.update_assignment(&permit, key, &precondition, target, context).await?;
    let context = links.entity_context(Collection::Assignments(key.pool), "");
    Ok(Updated(protocol::Body::whole(context, done(changed)?, &links)))
}
