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
    InPool(place): InPool<DeviceStateId>,
    IfMatch(expected): IfMatch,
    service: Arc<Service>,
    links: Links,
) -> Result<Updated<DeviceState>, ApiError> {
    let stamp = service.stamp();
    let changed =
        service.store.update_device_state(&permit, place, &expected, change, stamp).await?;
    let context = links.entity_context(Collection::DeviceStates(place.pool), "");
    Ok(Updated(protocol::Body::whole(context, done(changed)?, &links)))
}
