//! `PATCH …/{pool}/assignments/{id}`

use crate::auth::{Permit, Write};
use crate::domain::{Assignment, AssignmentId, ChangeContext};
use crate::http::error::{ApiError, done};
use crate::http::extract::{Body, IfMatch, InPool};
use crate::http::reply::Updated;
use crate::protocol::{AssignmentChange, Collection, EntityBody, Links};
use crate::store::Store;

/// Changes the target of an assignment.
pub(in crate::http) async fn update(
    permit: Permit<Write>,
    Body(AssignmentChange(target)): Body<AssignmentChange>,
    InPool(key): InPool<AssignmentId>,
    IfMatch(precondition): IfMatch,
    change: ChangeContext,
    store: Store,
    links: Links,
) -> Result<Updated<Assignment>, ApiError> {
    let changed = store.update_assignment(&permit, key, &precondition, target, change).await?;
    let context = links.entity_context(Collection::Assignments(key.pool), "");
    Ok(Updated(EntityBody::complete(context, done(changed)?, &links)))
}
