//! `POST …/{pool}/esimpool.claim`

use std::sync::Arc;

use super::low_stock;
use crate::auth::{Claim, Permit};
use crate::domain::{ClaimDraft, Claiming};
use crate::http::extract::{Body, PoolId};
use crate::http::{ApiError, NotNow, Service};
use crate::protocol::{ClaimedBody, Links};

/// Gives one free code to one device.
pub(in crate::http) async fn claim(
    permit: Permit<Claim>,
    Body(draft): Body<ClaimDraft>,
    PoolId(pool): PoolId,
    service: Arc<Service>,
    links: Links,
) -> Result<ClaimedBody, ApiError> {
    let stamp = service.stamp();
    let new = draft.into_new(&service.ids, stamp);
    let claiming = service.store.claim(&permit, pool, new, stamp).await?;
    if tells_of_the_stock(&claiming) {
        low_stock::look(permit, pool, &service).await;
    }
    let claimed = match claiming {
        Claiming::Made(claimed) => *claimed,
        Claiming::NoPool => return Err(ApiError::NotFound),
        Claiming::NoSuchIccid => return Err(ApiError::NoSuchCode),
        Claiming::NoneFree => return Err(NotNow::NoneFree.into()),
        Claiming::AllHandedOutElsewhere => return Err(NotNow::AllHandedOutElsewhere.into()),
        Claiming::IccidNotFree => return Err(NotNow::CodeNotFree.into()),
        Claiming::DeviceHasAnother => return Err(NotNow::DeviceHasCode.into()),
    };
    Ok(ClaimedBody::new(claimed, links))
}

/// Whether there may be less in the pool than before, or nothing.
fn tells_of_the_stock(claiming: &Claiming) -> bool {
    match claiming {
        Claiming::Made(claimed) => !claimed.again,
        Claiming::NoneFree | Claiming::AllHandedOutElsewhere => true,
        Claiming::NoPool
        | Claiming::NoSuchIccid
        | Claiming::IccidNotFree
        | Claiming::DeviceHasAnother => false,
    }
}
