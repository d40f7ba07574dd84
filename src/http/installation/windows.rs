//! `GET …/{pool}/deviceStates/{id}/esimpool.windows`

use actix_web::HttpResponse;
use serde_json::json;

use super::show::{secret_head, show};
use crate::auth::{Claim, Permit};
use crate::domain::{ChangeContext, DeviceStateId};
use crate::http::error::ApiError;
use crate::http::extract::InPool;
use crate::http::handler::Reply;
use crate::http::request_context::RequestContext;
use crate::protocol::openapi::Description;
use crate::protocol::windows_settings;
use crate::store::Store;

/// Settings as plain text.
pub(in crate::http) struct Settings(String);

/// The code of a device as settings for an administrator who configures Windows.
pub(in crate::http) async fn windows(
    permit: Permit<Claim>,
    InPool(key): InPool<DeviceStateId>,
    change: ChangeContext,
    store: Store,
) -> Result<Settings, ApiError> {
    let (installation, code) = show(&permit, key, change, &store).await?;
    Ok(Settings(windows_settings(&installation, &code)))
}

impl Reply for Settings {
    const JSON: bool = false;

    async fn respond(self, _: &RequestContext) -> HttpResponse {
        secret_head("text/plain; charset=utf-8").body(self.0)
    }

    fn describe(description: &mut Description) {
        let text = json!({ "type": "string" });
        description.gives_content(200, "The settings, each with its purpose.", "text/plain", &text);
    }
}
