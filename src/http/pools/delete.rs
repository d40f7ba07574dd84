//! `DELETE …/embeddedSIMActivationCodePools/{id}`

use crate::auth::{Permit, Write};
use crate::domain::ChangeContext;
use crate::http::error::{ApiError, done};
use crate::http::extract::{IfMatch, PoolId};
use crate::http::reply::NoContent;
use crate::store::Store;

/// Deletes a pool and everything that belongs to it.
pub(in crate::http) async fn delete(
    permit: Permit<Write>,
    PoolId(id): PoolId,
    IfMatch(precondition): IfMatch,
    change: ChangeContext,
    store: Store,
) -> Result<NoContent, ApiError> {
    done(store.delete_pool(&permit, id, &precondition, change).await?)?;
    Ok(NoContent)
}
