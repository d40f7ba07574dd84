//! `GET …/{pool}/deviceStates/{id}/esimpool.qr`

use actix_web::HttpResponse;
use serde_json::json;

use super::show::{ITEMS_PER_QR_CODE, secret_head, show};
use crate::auth::{Claim, Permit};
use crate::domain::{ChangeContext, DeviceStateId};
use crate::http::error::ApiError;
use crate::http::extract::{InPool, Query};
use crate::http::handler::Reply;
use crate::http::request_context::RequestContext;
use crate::offload::offload;
use crate::protocol::openapi::Description;
use crate::protocol::{QrFormat, QrOptions};
use crate::qr::Qr;
use crate::store::Store;

/// A QR code in the requested format.
pub(in crate::http) enum Drawing {
    Svg(String),
    Png(Vec<u8>),
    Text(String),
}

/// The code of a device as a QR code for its camera.
pub(in crate::http) async fn qr(
    permit: Permit<Claim>,
    Query(options): Query<QrOptions>,
    InPool(key): InPool<DeviceStateId>,
    change: ChangeContext,
    store: Store,
) -> Result<Drawing, ApiError> {
    let (_, code) = show(&permit, key, change, &store).await?;
    let draw = move || {
        let qr = Qr::of(&code.expose_for_qr()).expect("255 characters fit into a QR code");
        match options.format {
            QrFormat::Svg => Drawing::Svg(qr.svg()),
            QrFormat::Png => Drawing::Png(qr.png()),
            QrFormat::Text => Drawing::Text(qr.text()),
        }
    };
    Ok(offload(ITEMS_PER_QR_CODE, draw).await)
}

impl Reply for Drawing {
    const JSON: bool = false;

    async fn respond(self, _: &RequestContext) -> HttpResponse {
        match self {
            Self::Svg(svg) => secret_head("image/svg+xml").body(svg),
            Self::Png(png) => secret_head("image/png").body(png),
            Self::Text(text) => secret_head("text/plain; charset=utf-8").body(text),
        }
    }

    fn describe(description: &mut Description) {
        let what = "The QR code in the requested format.";
        let text = json!({ "type": "string" });
        description.gives_content(200, what, "image/svg+xml", &text);
        description.gives_content(200, what, "image/png", &json!({}));
        description.gives_content(200, what, "text/plain", &text);
    }
}
