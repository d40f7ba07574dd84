//! `POST …/{pool}/esimpool.reinstate`

use crate::auth::{Permit, Write};
use crate::domain::{ChangeContext, PooledCode, TransitionOutcome};
use crate::http::error::{ApiError, StateConflict};
use crate::http::extract::{Body, PoolId};
use crate::http::reply::Updated;
use crate::protocol::{EntityBody, Links, Reinstatement};
use crate::store::Store;

/// Makes a quarantined code free again.
pub(in crate::http) async fn reinstate(
    permit: Permit<Write>,
    Body(Reinstatement(iccid)): Body<Reinstatement>,
    PoolId(pool): PoolId,
    change: ChangeContext,
    store: Store,
    links: Links,
) -> Result<Updated<PooledCode>, ApiError> {
    let code = match store.reinstate(&permit, pool, iccid, change).await? {
        TransitionOutcome::Done(code) => code,
        TransitionOutcome::NotFound
        | TransitionOutcome::NoSuchDevice
        | TransitionOutcome::AmbiguousName
        | TransitionOutcome::NoClaim => return Err(ApiError::NoSuchCode),
        TransitionOutcome::StateConflict(state) => {
            return Err(StateConflict::NotQuarantined(state).into());
        }
    };
    Ok(Updated(EntityBody::complete(links.context("esimpool.code"), code, &links)))
}
