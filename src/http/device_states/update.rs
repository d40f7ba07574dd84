//! `PATCH …/{pool}/deviceStates/{id}`

use std::sync::Arc;

use crate::auth::{Permit, Write};
use crate::domain::{DeviceState, DeviceStateChange, DeviceStateId};
use crate::http::extract::{Body, IfMatch, InPool};
use crate::http::reply::Updated;
use crate::http::{ApiError, Service, done};
use crate::protocol::{self, Collection, Links};

/// Changes a device state.
pub(in crate::http) async fn update(
    permit: Permit<Write>,
    Body(change): Body<DeviceStateChange>,
    InPool(key): InPool<DeviceStateId>,
    IfMatch(precondition): IfMatch,
    service: Arc<Service>,
    links: Links,
) -> Result<Updated<DeviceState>, ApiError> {
    let context = service.change_context();
    let changed =
        service.store.update_device_state(&permit, key, &precondition, change, context).await?;
    let context = links.entity_context(Collection::DeviceStates(key.pool), "");
    Ok(Updated(protocol::Body::whole(context, done(changed)?, &links)))
}
