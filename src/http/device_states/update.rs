//! `PATCH …/{pool}/deviceStates/{id}`

use crate::auth::{Permit, Write};
use crate::domain::{ChangeContext, DeviceState, DeviceStateChange, DeviceStateId};
use crate::http::error::{ApiError, done};
use crate::http::extract::{Body, IfMatch, InPool};
use crate::http::reply::Updated;
use crate::protocol::{Collection, EntityBody, Links};
use crate::store::Store;

/// Changes a device state.
pub(in crate::http) async fn update(
    permit: Permit<Write>,
    Body(update): Body<DeviceStateChange>,
    InPool(key): InPool<DeviceStateId>,
    IfMatch(precondition): IfMatch,
    change: ChangeContext,
    store: Store,
    links: Links,
) -> Result<Updated<DeviceState>, ApiError> {
    let changed = store.update_device_state(&permit, key, &precondition, update, change).await?;
    let context = links.entity_context(Collection::DeviceStates(key.pool), "");
    Ok(Updated(EntityBody::complete(context, done(changed)?, &links)))
}
