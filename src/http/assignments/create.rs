//! `POST …/{pool}/assignments`

use crate::auth::{Permit, Write};
use crate::domain::{Assignment, NewAssignment};
use crate::http::error::ApiError;
use crate::http::extract::{Body, Creation, PoolId};
use crate::http::reply::Created;
use crate::protocol::{AssignmentDraft, Collection, EntityBody, Links};
use crate::store::Store;

/// Adds an assignment to a pool.
pub(in crate::http) async fn create(
    permit: Permit<Write>,
    Body(AssignmentDraft(target)): Body<AssignmentDraft>,
    PoolId(pool): PoolId,
    Creation { change, ids }: Creation,
    store: Store,
    links: Links,
) -> Result<Created<Assignment>, ApiError> {
    let new = NewAssignment::new(target, &ids, change.at);
    let created = store.create_assignment(&permit, pool, new, change).await?;
    let created = created.ok_or(ApiError::NotFound)?;
    let collection = Collection::Assignments(pool);
    Ok(Created {
        location: links.entity(collection, created.id),
        items: 1,
        body: EntityBody::complete(links.entity_context(collection, ""), created, &links),
    })
}
