//! `POST …/{pool}/assign`

use std::sync::Arc;

use crate::auth::{Permit, Write};
use crate::domain::{Assignment, NewAssignment};
use crate::http::error::ApiError;
use crate::http::extract::{Body, Creation, PoolId, Query};
use crate::protocol::{AnswerOptions, AssignDraft, EntityBody, Links, ListBody, Shape};
use crate::store::Store;

/// The context of the response, as Graph spells it.
const CONTEXT: &str = "Collection(microsoft.graph.embeddedSIMActivationCodePoolAssignment)";

/// Replaces all assignments of a pool by those in the body. `$top` and `$skip` cut the response,
/// which HashiCorp's SDK asks for.
pub(in crate::http) async fn assign(
    permit: Permit<Write>,
    Body(AssignDraft(targets)): Body<AssignDraft>,
    Query(options): Query<AnswerOptions>,
    PoolId(pool): PoolId,
    Creation { change, ids }: Creation,
    store: Store,
    links: Links,
) -> Result<ListBody<EntityBody<Assignment>>, ApiError> {
    let new = NewAssignment::set(targets, &ids, change.at);
    let set = store.assign(&permit, pool, new, change).await?.ok_or(ApiError::NotFound)?;
    let shape = Arc::new(Shape::new(&links, None));
    let body = |assignment| EntityBody::new(None, assignment, shape.clone(), ());
    let set = set.into_iter().skip(options.skip).take(options.top.unwrap_or(usize::MAX));
    Ok(ListBody::new(links.context(CONTEXT), None, set.map(body).collect(), None))
}
