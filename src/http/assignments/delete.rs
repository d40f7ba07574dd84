//! `DELETE …/{pool}/assignments/{id}`

use std::sync::Arc;

use crate::auth::{Permit, Write};
use crate::domain::AssignmentId;
use crate::http::extract::{IfMatch, InPool};
use crate::http::reply::NoContent;
use crate::http::{ApiError, Service, done};

/// Removes an assignment.
pub(in crate::http) async fn delete(
    permit: Permit<Write>,
    InPool(key): InPool<AssignmentId>,
    IfMatch(precondition): IfMatch,
    service: Arc<Service>,
) -> Result<NoContent, ApiError> {
    let context = service.change_context();
    done(service.store.delete_assignment(&permit, key, &precondition, context).await?)?;
    Ok(NoContent)
}
