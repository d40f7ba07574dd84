//! `POST …/{pool}/assign`

use std::sync::Arc;

use crate::auth::{Permit, Write};
use crate::domain::{Assignment, NewAssignment};
use crate::http::extract::{Body, PoolId, Query};
use crate::http::{ApiError, Service};
use crate::protocol::{self, AnswerOptions, AssignDraft, Links, List, Shape};

/// What Graph says that an `assign` answers.
const CONTEXT: &str = "Collection(microsoft.graph.embeddedSIMActivationCodePoolAssignment)";

/// Replaces all assignments of a pool: those that are not sent are gone. HashiCorp's SDK may ask to
/// be shown a part of the new set.
pub(in crate::http) async fn assign(
    permit: Permit<Write>,
    Body(AssignDraft(targets)): Body<AssignDraft>,
    Query(shown): Query<AnswerOptions>,
    PoolId(pool): PoolId,
    service: Arc<Service>,
    links: Links,
) -> Result<List<protocol::Body<Assignment>>, ApiError> {
    let context = service.change_context();
    let new = NewAssignment::set(targets, &service.ids, context.at);
    let set = service.store.assign(&permit, pool, new, context).await?.ok_or(ApiError::NotFound)?;
    let shape = Arc::new(Shape::new(&links, None));
    let body = |assignment| protocol::Body::new(None, assignment, shape.clone(), ());
    let set = set.into_iter().skip(shown.skip).take(shown.top.unwrap_or(usize::MAX));
    Ok(List::new(links.context(CONTEXT), None, set.map(body).collect(), None))
}
