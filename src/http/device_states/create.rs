//! `POST …/{pool}/deviceStates`

use crate::auth::{Permit, Write};
use crate::domain::{DeviceDetails, DeviceState};
use crate::http::error::ApiError;
use crate::http::extract::{Body, Creation, PoolId};
use crate::http::reply::Created;
use crate::protocol::{Collection, EntityBody, Links};
use crate::store::Store;

/// Adds a device state to a pool.
pub(in crate::http) async fn create(
    permit: Permit<Write>,
    Body(details): Body<DeviceDetails>,
    PoolId(pool): PoolId,
    Creation { change, ids }: Creation,
    store: Store,
    links: Links,
) -> Result<Created<DeviceState>, ApiError> {
    let new = details.into_new(&ids, change.at);
    let created = store.create_device_state(&permit, pool, new, change).await?;
    let created = created.ok_or(ApiError::NotFound)?;
    let collection = Collection::DeviceStates(pool);
    Ok(Created {
        location: links.entity(collection, created.id),
        items: 1,
        body: EntityBody::complete(links.entity_context(collection, ""), created, &links),
    })
}
