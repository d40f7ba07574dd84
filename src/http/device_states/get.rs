//! `GET …/{pool}/deviceStates/{id}`

use std::sync::Arc;

use crate::auth::{Permit, Read};
use crate::domain::{DeviceState, DeviceStateId};
use crate::http::error::ApiError;
use crate::http::extract::{InPool, Query};
use crate::http::reply::Found;
use crate::protocol::{Collection, EntityBody, EntityOptions, Links, Shape};
use crate::store::Store;

/// One device state.
pub(in crate::http) async fn get(
    permit: Permit<Read>,
    Query(options): Query<EntityOptions<DeviceState>>,
    InPool(key): InPool<DeviceStateId>,
    store: Store,
    links: Links,
) -> Result<Found<DeviceState>, ApiError> {
    let found = store.device_state(&permit, key).await?.ok_or(ApiError::NotFound)?;
    let shape = Arc::new(Shape::new(&links, options.select));
    let collection = Collection::DeviceStates(key.pool);
    let context = links.entity_context(collection, &shape.projection(&[]));
    Ok(Found(EntityBody::new(context, found, shape, ())))
}
