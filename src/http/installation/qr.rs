//! `GET …/{pool}/deviceStates/{id}/esimpool.qr`

use std::sync::Arc;

use actix_web::HttpResponse;
use serde_json::json;

use super::{ITEMS_A_CODE, secret, show};
use crate::auth::{Claim, Permit};
use crate::domain::DeviceStateId;
use crate::http::extract::{InPool, Query};
use crate::http::reply::Reply;
use crate::http::request_context::RequestContext;
use crate::http::{ApiError, Service};
use crate::offload::offload;
use crate::protocol::openapi::Description;
use crate::protocol::{QrFormat, QrOptions};
use crate::qr::Qr;

/// A QR code, drawn.
pub(in crate::http) enum Drawing {
    Svg(String),
    Png(Vec<u8>),
    Text(String),
}

/// The code that a device has, for its camera.
pub(in crate::http) async fn qr(
    permit: Permit<Claim>,
    Query(options): Query<QrOptions>,
    InPool(key): InPool<DeviceStateId>,
    service: Arc<Service>,
) -> Result<Drawing, ApiError> {
    let (_, code) = show(&permit, key, &service).await?;
    let draw = move || {
        let qr = Qr::of(&code.expose_for_qr()).expect("255 characters fit");
        match options.format {
            QrFormat::Svg => Drawing::Svg(qr.svg()),
            QrFormat::Png => Drawing::Png(qr.png()),
            QrFormat::Text => Drawing::Text(qr.text()),
        }
    };
    Ok(offload(ITEMS_A_CODE, draw).await)
}

impl Reply for Drawing {
    const JSON: bool = false;

    async fn respond(self, _: &RequestContext) -> HttpResponse {
        match self {
            Self::Svg(svg) => secret("image/svg+xml").body(svg),
            Self::Png(png) => secret("image/png").body(png),
            Self::Text(text) => secret("text/plain; charset=utf-8").body(text),
        }
    }

    fn describe(description: &mut Description) {
        let what = "The QR code, as it was asked for.";
        let text = json!({ "type": "string" });
        description.gives_content(200, what, "image/svg+xml", &text);
        description.gives_content(200, what, "image/png", &json!({}));
        description.gives_content(200, what, "text/plain", &text);
    }
}
