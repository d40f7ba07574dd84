//! The development issuer as an identity provider that unmodified clients can use: discovery, keys
//! and the token endpoint, at Entra's paths. There only while the development issuer is on.

mod discovery;
mod form;
mod token;

pub(super) use discovery::{keys, openid_configuration};
pub(super) use token::token;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::CACHE_CONTROL;
use serde_json::{Value, json};

use super::ApiError;
use super::extract::Extract;
use super::request::Request;
use crate::protocol::openapi::Description;

/// The tenant that the path names: a GUID, a domain, `common` and the like, or any other text.
pub(super) struct TenantName(String);

impl TenantName {
    /// The name, if it can be part of a URL as it is.
    fn plain(self) -> Result<String, ApiError> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        if (1..=253).contains(&self.0.len()) && self.0.bytes().all(plain) {
            Ok(self.0)
        } else {
            Err(ApiError::NoSuchSegment(self.0))
        }
    }
}

impl Extract for TenantName {
    // Clients add options of their own (`appid`, `api-version`), which change nothing.
    const READS_OPTIONS: bool = true;

    async fn extract(request: &mut Request) -> Result<Self, ApiError> {
        let named = request.ids.iter().find(|(name, _)| *name == "tenant");
        Ok(Self(named.map_or_else(String::new, |(_, tenant)| tenant.clone())))
    }

    fn describe(description: &mut Description) {
        let schema = json!({ "type": "string", "pattern": "^[A-Za-z0-9._-]{1,253}$" });
        let what = "The tenant. For tokens it is a GUID; the rest is the same for all.";
        description.takes_segment("tenant", what, &schema);
    }
}

/// JSON that is not Graph's.
fn answer(status: StatusCode, cache: &'static str, body: &Value) -> HttpResponse {
    HttpResponse::build(status).insert_header((CACHE_CONTROL, cache)).json(body)
}
