//! `POST …/{pool}/esimpool.claim`

use crate::auth::{Claim, Permit};
use crate::domain::{ClaimDraft, ClaimOutcome};
use crate::http::error::{ApiError, StateConflict};
use crate::http::extract::{Body, Creation, PoolId};
use crate::http::stock::LowStockAlert;
use crate::protocol::{ClaimedBody, Links};
use crate::store::Store;

/// Gives one free code to one device.
pub(in crate::http) async fn claim(
    permit: Permit<Claim>,
    Body(draft): Body<ClaimDraft>,
    PoolId(pool): PoolId,
    Creation { change, ids }: Creation,
    store: Store,
    low_stock: LowStockAlert,
    links: Links,
) -> Result<ClaimedBody, ApiError> {
    let outcome = store.claim(&permit, pool, draft.into_new(&ids, change), change).await?;
    if may_be_low(&outcome) {
        low_stock.check(permit, pool).await;
    }
    let claimed = match outcome {
        ClaimOutcome::Claimed(claimed) => *claimed,
        ClaimOutcome::NoPool => return Err(ApiError::NotFound),
        ClaimOutcome::NoSuchIccid => return Err(ApiError::NoSuchCode),
        ClaimOutcome::NoFreeCode => return Err(StateConflict::NoFreeCode.into()),
        ClaimOutcome::AllHandedOutElsewhere => {
            return Err(StateConflict::AllHandedOutElsewhere.into());
        }
        ClaimOutcome::IccidNotFree(state) => return Err(StateConflict::CodeNotFree(state).into()),
        ClaimOutcome::BoundToAnother => return Err(StateConflict::BoundToAnother.into()),
        ClaimOutcome::DeviceHasAnother(state) => {
            return Err(StateConflict::DeviceHasCode(state).into());
        }
        ClaimOutcome::DeviceNamedOtherwise(name) => {
            return Err(StateConflict::NamedOtherwise(name).into());
        }
        ClaimOutcome::AmbiguousName => return Err(StateConflict::NameAmbiguous.into()),
    };
    Ok(ClaimedBody::new(claimed, links))
}

/// Whether the pool has fewer free codes than before, or none.
fn may_be_low(outcome: &ClaimOutcome) -> bool {
    match outcome {
        ClaimOutcome::Claimed(claimed) => !claimed.again,
        ClaimOutcome::NoFreeCode | ClaimOutcome::AllHandedOutElsewhere => true,
        ClaimOutcome::NoPool
        | ClaimOutcome::NoSuchIccid
        | ClaimOutcome::IccidNotFree(_)
        | ClaimOutcome::BoundToAnother
        | ClaimOutcome::DeviceHasAnother(_)
        | ClaimOutcome::DeviceNamedOtherwise(_)
        | ClaimOutcome::AmbiguousName => false,
    }
}
