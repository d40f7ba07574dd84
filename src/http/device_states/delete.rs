//! `DELETE …/{pool}/deviceStates/{id}`

use crate::auth::{Permit, Write};
use crate::domain::{ChangeContext, DeviceStateId};
use crate::http::error::{ApiError, done};
use crate::http::extract::{IfMatch, InPool};
use crate::http::reply::NoContent;
use crate::store::Store;

/// Deletes a device state.
pub(in crate::http) async fn delete(
    permit: Permit<Write>,
    InPool(key): InPool<DeviceStateId>,
    IfMatch(precondition): IfMatch,
    change: ChangeContext,
    store: Store,
) -> Result<NoContent, ApiError> {
    done(store.delete_device_state(&permit, key, &precondition, change).await?)?;
    Ok(NoContent)
}
