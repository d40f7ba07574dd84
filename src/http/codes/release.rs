//! `POST …/{pool}/esimpool.release`

use std::sync::Arc;

use crate::auth::{Permit, Write};
use crate::domain::{DeviceState, Release, TransitionOutcome};
use crate::http::extract::{Body, PoolId};
use crate::http::reply::Updated;
use crate::http::{ApiError, Service, StateConflict};
use crate::protocol::{self, Collection, Links};

/// Takes back a claim that is still installing; its code goes to quarantine.
pub(in crate::http) async fn release(
    permit: Permit<Write>,
    Body(which): Body<Release>,
    PoolId(pool): PoolId,
    service: Arc<Service>,
    links: Links,
) -> Result<Updated<DeviceState>, ApiError> {
    let state = match service.store.release(&permit, pool, which, service.change_context()).await? {
        TransitionOutcome::Done(state) => state,
        TransitionOutcome::NotFound => return Err(ApiError::NotFound),
        TransitionOutcome::StateConflict => return Err(StateConflict::NotInstalling.into()),
    };
    let context = links.entity_context(Collection::DeviceStates(pool), "");
    Ok(Updated(protocol::Body::whole(context, state, &links)))
}
