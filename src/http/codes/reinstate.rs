//! `POST …/{pool}/esimpool.reinstate`

use std::sync::Arc;

use crate::auth::{Permit, Write};
use crate::domain::{PooledCode, TransitionOutcome};
use crate::http::extract::{Body, PoolId};
use crate::http::reply::Updated;
use crate::http::{ApiError, Service, StateConflict};
use crate::protocol::{self, Links, Reinstatement};

/// Makes a quarantined code free again.
pub(in crate::http) async fn reinstate(
    permit: Permit<Write>,
    Body(Reinstatement(iccid)): Body<Reinstatement>,
    PoolId(pool): PoolId,
    service: Arc<Service>,
    links: Links,
) -> Result<Updated<PooledCode>, ApiError> {
    let code = match service.store.reinstate(&permit, pool, iccid, service.change_context()).await?
    {
        TransitionOutcome::Done(code) => code,
        TransitionOutcome::NotFound => return Err(ApiError::NoSuchCode),
        TransitionOutcome::StateConflict => return Err(StateConflict::NotQuarantined.into()),
    };
    Ok(Updated(protocol::Body::whole(links.context("esimpool.code"), code, &links)))
}
