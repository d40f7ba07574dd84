//! `DELETE …/{pool}/deviceStates/{id}`

use std::sync::Arc;

use crate::auth::{Permit, Write};
use crate::domain::DeviceStateId;
use crate::http::extract::{IfMatch, InPool};
use crate::http::reply::NoContent;
use crate::http::{ApiError, Service, done};

/// Removes a device state.
pub(in crate::http) async fn delete(
    permit: Permit<Write>,
    InPool(key): InPool<DeviceStateId>,
    IfMatch(precondition): IfMatch,
    service: Arc<Service>,
) -> Result<NoContent, ApiError> {
    let context = service.change_context();
    done(service.store.delete_device_state(&permit, key, &precondition, context).await?)?;
    Ok(NoContent)
}
