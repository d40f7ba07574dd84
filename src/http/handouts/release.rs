//! `POST …/{pool}/esimpool.release`

use crate::auth::{Permit, Write};
use crate::domain::{ChangeContext, DeviceState, Release, TransitionOutcome};
use crate::http::error::{ApiError, StateConflict};
use crate::http::extract::{Body, PoolId};
use crate::http::reply::Updated;
use crate::protocol::{Collection, EntityBody, Links};
use crate::store::Store;

/// Takes back a claim that is still installing, and puts its code in quarantine.
pub(in crate::http) async fn release(
    permit: Permit<Write>,
    Body(release): Body<Release>,
    PoolId(pool): PoolId,
    change: ChangeContext,
    store: Store,
    links: Links,
) -> Result<Updated<DeviceState>, ApiError> {
    let state = match store.release(&permit, pool, release, change).await? {
        TransitionOutcome::Done(state) => state,
        TransitionOutcome::NotFound => return Err(ApiError::NotFound),
        TransitionOutcome::NoSuchDevice => return Err(ApiError::NoSuchDevice),
        TransitionOutcome::AmbiguousName => return Err(StateConflict::NameAmbiguous.into()),
        TransitionOutcome::NoClaim => return Err(StateConflict::NoClaim.into()),
        TransitionOutcome::StateConflict(state) => {
            return Err(StateConflict::NotInstalling(state).into());
        }
    };
    let context = links.entity_context(Collection::DeviceStates(pool), "");
    Ok(Updated(EntityBody::complete(context, state, &links)))
}
