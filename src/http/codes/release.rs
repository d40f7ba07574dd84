//! `POST …/{pool}/esimpool.release`

use std::sync::Arc;

use crate::auth::{Permit, Write};
use crate::domain::{DeviceState, Release, TakenBack};
use crate::http::extract::{Body, PoolId};
use crate::http::reply::Updated;
use crate::http::{ApiError, NotNow, Service};
use crate::protocol::{self, Collection, Links};

/// Takes back a claim that is still installing; its code goes to quarantine.
pub(in crate::http) async fn release(
    permit: Permit<Write>,
    Body(which): Body<Release>,
    PoolId(pool): PoolId,
    service: Arc<Service>,
    links: Links,
) -> Result<Updated<DeviceState>, ApiError> {
    let state = match service.store.release(&permit, pool, which, service.stamp()).await? {
        TakenBack::Done(state) => state,
        TakenBack::Missing => return Err(ApiError::NotFound),
        TakenBack::NotNow => return Err(NotNow::NotInstalling.into()),
    };
    let context = links.entity_context(Collection::DeviceStates(pool), "");
    Ok(Updated(protocol::Body::whole(context, state, &links)))
}
