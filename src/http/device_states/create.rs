//! `POST …/{pool}/deviceStates`

use std::sync::Arc;

use crate::auth::{Permit, Write};
use crate::domain::{DeviceDetails, DeviceState};
use crate::http::extract::{Body, PoolId};
use crate::http::reply::Created;
use crate::http::{ApiError, Service};
use crate::protocol::{self, Collection, Links};

/// Adds a device state to a pool.
pub(in crate::http) async fn create(
    permit: Permit<Write>,
    Body(details): Body<DeviceDetails>,
    PoolId(pool): PoolId,
    service: Arc<Service>,
    links: Links,
) -> Result<Created<DeviceState>, ApiError> {
    let context = service.change_context();
    let new = details.into_new(&service.ids, context.at);
    let created = service.store.create_device_state(&permit, pool, new, context).await?;
    let created = created.ok_or(ApiError::NotFound)?;
    let collection = Collection::DeviceStates(pool);
    Ok(Created {
        location: links.entity(collection, created.id),
        items: 1,
        body: protocol::Body::whole(links.entity_context(collection, ""), created, &links),
    })
}
