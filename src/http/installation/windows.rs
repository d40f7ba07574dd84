//! `GET …/{pool}/deviceStates/{id}/esimpool.windows`

use std::sync::Arc;

use actix_web::HttpResponse;
use serde_json::json;

use super::{secret, show};
use crate::auth::{Claim, Permit};
use crate::domain::DeviceStateId;
use crate::http::extract::InPool;
use crate::http::reply::Reply;
use crate::http::request_context::RequestContext;
use crate::http::{ApiError, Service};
use crate::protocol::openapi::Description;
use crate::protocol::windows_settings;

/// Settings as text.
pub(in crate::http) struct Settings(String);

/// The code that a device has, for an administrator who sets it by Windows' own means.
pub(in crate::http) async fn windows(
    permit: Permit<Claim>,
    InPool(key): InPool<DeviceStateId>,
    service: Arc<Service>,
) -> Result<Settings, ApiError> {
    let (shown, code) = show(&permit, key, &service).await?;
    Ok(Settings(windows_settings(&shown, &code)))
}

impl Reply for Settings {
    const JSON: bool = false;

    async fn respond(self, _: &RequestContext) -> HttpResponse {
        secret("text/plain; charset=utf-8").body(self.0)
    }

    fn describe(description: &mut Description) {
        let text = json!({ "type": "string" });
        description.gives_content(200, "The settings, with what each is for.", "text/plain", &text);
    }
}
