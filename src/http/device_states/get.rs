//! `GET …/{pool}/deviceStates/{id}`

use std::sync::Arc;

use crate::auth::{Permit, Read};
use crate::domain::{DeviceState, DeviceStateId};
use crate::http::extract::{InPool, Query};
use crate::http::reply::Found;
use crate::http::{ApiError, Service};
use crate::protocol::{Body, Collection, EntityOptions, Links, Shape};

/// One device state.
pub(in crate::http) async fn get(
    permit: Permit<Read>,
    Query(options): Query<EntityOptions<DeviceState>>,
    InPool(key): InPool<DeviceStateId>,
    service: Arc<Service>,
    links: Links,
) -> Result<Found<DeviceState>, ApiError> {
    let found = service.store.device_state(&permit, key).await?.ok_or(ApiError::NotFound)?;
    let shape = Arc::new(Shape::new(&links, options.select));
    let collection = Collection::DeviceStates(key.pool);
    let context = links.entity_context(collection, &shape.projection(&[]));
    Ok(Found(Body::new(context, found, shape, ())))
}
