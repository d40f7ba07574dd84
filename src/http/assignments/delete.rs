//! `DELETE …/{pool}/assignments/{id}`

use crate::auth::{Permit, Write};
use crate::domain::{AssignmentId, ChangeContext};
use crate::http::error::{ApiError, done};
use crate::http::extract::{IfMatch, InPool};
use crate::http::reply::NoContent;
use crate::store::Store;

/// Deletes an assignment.
pub(in crate::http) async fn delete(
    permit: Permit<Write>,
    InPool(key): InPool<AssignmentId>,
    IfMatch(precondition): IfMatch,
    change: ChangeContext,
    store: Store,
) -> Result<NoContent, ApiError> {
    done(store.delete_assignment(&permit, key, &precondition, change).await?)?;
    Ok(NoContent)
}
