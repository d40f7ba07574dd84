//! `POST …/{pool}/esimpool.claim`

use std::sync::Arc;

use super::low_stock;
use crate::auth::{Claim, Permit};
use crate::domain::{ClaimDraft, ClaimOutcome};
use crate::http::extract::{Body, PoolId};
use crate::http::{ApiError, Service, StateConflict};
use crate::protocol::{ClaimedBody, Links};

/// Gives one free code to one device.
pub(in crate::http) async fn claim(
    permit: Permit<Claim>,
    Body(draft): Body<ClaimDraft>,
    PoolId(pool): PoolId,
    service: Arc<Service>,
    links: Links,
) -> Result<ClaimedBody, ApiError> {
    let context = service.change_context();
    let new = draft.into_new(&service.ids, context);
    let claiming = service.store.claim(&permit, pool, new, context).await?;
    if tells_of_the_stock(&claiming) {
        low_stock::look(permit, pool, &service).await;
    }
    let claimed = match claiming {
        ClaimOutcome::Claimed(claimed) => *claimed,
        ClaimOutcome::NoPool => return Err(ApiError::NotFound),
        ClaimOutcome::NoSuchIccid => return Err(ApiError::NoSuchCode),
        ClaimOutcome::NoFreeCode => return Err(StateConflict::NoneFree.into()),
        ClaimOutcome::AllHandedOutElsewhere => {
            return Err(StateConflict::AllHandedOutElsewhere.into());
        }
        ClaimOutcome::IccidNotFree => return Err(StateConflict::CodeNotFree.into()),
        ClaimOutcome::DeviceHasAnother => return Err(StateConflict::DeviceHasCode.into()),
    };
    Ok(ClaimedBody::new(claimed, links))
}

/// Whether there may be less in the pool than before, or nothing.
fn tells_of_the_stock(claiming: &ClaimOutcome) -> bool {
    match claiming {
        ClaimOutcome::Claimed(claimed) => !claimed.again,
        ClaimOutcome::NoFreeCode | ClaimOutcome::AllHandedOutElsewhere => true,
        ClaimOutcome::NoPool
        | ClaimOutcome::NoSuchIccid
        | ClaimOutcome::IccidNotFree
        | ClaimOutcome::DeviceHasAnother => false,
    }
}
