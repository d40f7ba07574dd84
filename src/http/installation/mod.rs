//! Codes that devices have, as those who set them up take them: one file an operation.

mod qr;
mod sheet;
mod windows;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpResponse, HttpResponseBuilder};

pub(super) use qr::qr;
pub(super) use sheet::sheet;
pub(super) use windows::windows;

use super::{ApiError, Service, StateConflict};
use crate::auth::{Claim, Permit};
use crate::domain::{ActivationCodeString, DeviceStateId, Installation, InstallationOutcome};
use crate::store::EntityKey;

/// A QR code takes a millisecond or more, as long as so many things worth counting.
const ITEMS_A_CODE: usize = 256;

/// The code that the device with this state has, and the string that holds it. That it is shown
/// has been written down.
async fn show(
    permit: &Permit<Claim>,
    key: EntityKey<DeviceStateId>,
    service: &Service,
) -> Result<(Installation, ActivationCodeString), ApiError> {
    match service.store.installation(permit, key, service.change_context()).await? {
        InstallationOutcome::Found(shown) => {
            let string = shown.string.clone().ok_or(StateConflict::NotShowable)?;
            Ok((*shown, string))
        }
        InstallationOutcome::NotFound => Err(ApiError::NotFound),
        InstallationOutcome::NoActiveClaim => Err(StateConflict::NoActiveClaim.into()),
    }
}

/// The head of an answer that holds a secret: nobody on the way keeps it.
fn secret(kind: &'static str) -> HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_TYPE, kind)).insert_header((CACHE_CONTROL, "no-store"));
    response
}
