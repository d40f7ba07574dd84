//! What the operations share: looking up a claimed code, and the head of a response that holds one.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpResponse, HttpResponseBuilder};

use crate::auth::{Claim, Permit};
use crate::domain::{
    ActivationCodeString, ChangeContext, DeviceStateId, Installation, InstallationOutcome,
};
use crate::http::error::{ApiError, StateConflict};
use crate::store::{EntityKey, Store};

/// The work of drawing a QR code, which takes a millisecond or more, in [`offload`]'s items.
///
/// [`offload`]: crate::offload::offload
pub(super) const ITEMS_PER_QR_CODE: usize = 256;

/// The code of the device with this state, and the string that it scans. Writes the audit event.
pub(super) async fn show(
    permit: &Permit<Claim>,
    key: EntityKey<DeviceStateId>,
    change: ChangeContext,
    store: &Store,
) -> Result<(Installation, ActivationCodeString), ApiError> {
    match store.installation(permit, key, change).await? {
        InstallationOutcome::Found(installation) => {
            let string = installation.string.clone().ok_or(StateConflict::NotShowable)?;
            Ok((*installation, string))
        }
        InstallationOutcome::NotFound => Err(ApiError::NotFound),
        InstallationOutcome::NoActiveClaim(state) => {
            Err(StateConflict::NoActiveClaim(state).into())
        }
    }
}

/// The head of a response that holds a secret, and must not be cached.
pub(super) fn secret_head(content_type: &'static str) -> HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_TYPE, content_type)).insert_header((CACHE_CONTROL, "no-store"));
    response
}
