//! `POST …/{pool}/esimpool.reinstate`

use std::sync::Arc;

use crate::auth::{Permit, Write};
use crate::domain::{PooledCode, TakenBack};
use crate::http::extract::{Body, PoolId};
use crate::http::reply::Updated;
use crate::http::{ApiError, NotNow, Service};
use crate::protocol::{self, Links, Reinstatement};

/// Makes a quarantined code free again.
pub(in crate::http) async fn reinstate(
    permit: Permit<Write>,
    Body(Reinstatement(iccid)): Body<Reinstatement>,
    PoolId(pool): PoolId,
    service: Arc<Service>,
    links: Links,
) -> Result<Updated<PooledCode>, ApiError> {
    let code = match service.store.reinstate(&permit, pool, iccid, service.stamp()).await? {
        TakenBack::Done(code) => code,
        TakenBack::Missing => return Err(ApiError::NoSuchCode),
        TakenBack::NotNow => return Err(NotNow::NotQuarantined.into()),
    };
    Ok(Updated(protocol::Body::whole(links.context("esimpool.code"), code, &links)))
}
