//! What every endpoint of the identity provider needs to know of a request.

use std::sync::Arc;

use actix_web::http::header::{HeaderMap, HeaderName, ORIGIN};
use serde_json::json;

use super::tenant::{TenantName, describe_tenant, is_plain};
use crate::auth::{Endpoint, GrantRefusal, Parameters};
use crate::domain::Timestamp;
use crate::http::error::ApiError;
use crate::http::handler::Extract;
use crate::http::request::Request;
use crate::http::service::Development;
use crate::protocol::openapi::Description;

/// The longest query string that is read, in bytes.
const MAX_QUERY_BYTES: usize = 8 * 1024;

/// Says how the page that sent a request is related to the service (Fetch Metadata).
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Where and when a request arrived, and which page sent it.
pub(in crate::http) struct ProviderRequest {
    tenant: String,
    pub(super) service: String,
    origin: Option<String>,
    /// Whether it was sent by a page of this service, or by no page at all.
    is_own: bool,
    is_local: bool,
    pub(super) now: Timestamp,
    pub(super) development: Arc<Development>,
}

impl ProviderRequest {
    pub(super) fn endpoint(&self) -> Endpoint<'_> {
        Endpoint {
            service: &self.service,
            tenant: &self.tenant,
            origin: self.origin.as_deref(),
            now: self.now,
        }
    }

    /// Refuses a tenant that cannot be part of a URL as it is.
    pub(super) fn check_tenant(&self) -> Result<(), GrantRefusal> {
        if is_plain(&self.tenant) { Ok(()) } else { Err(GrantRefusal::Tenant(self.tenant.clone())) }
    }

    /// Refuses callers that are not on this machine, even if remote callers are allowed: people sign in without
    /// a password.
    pub(super) fn check_person(&self) -> Result<(), GrantRefusal> {
        self.check_tenant()?;
        if self.is_local { Ok(()) } else { Err(GrantRefusal::Remote) }
    }

    /// Refuses a form of a person likewise, and one that another page sent. Browsers name the page that
    /// sends a form.
    pub(super) fn check_form(&self) -> Result<(), GrantRefusal> {
        self.check_person()?;
        if self.is_own { Ok(()) } else { Err(GrantRefusal::ForeignPage) }
    }
}

impl Extract for ProviderRequest {
    // Endpoints ignore the options that they do not know (RFC 6749, section 3.1).
    const READS_OPTIONS: bool = true;

    async fn extract(request: &mut Request) -> Result<Self, ApiError> {
        let TenantName(tenant) = TenantName::extract(request).await?;
        let service = &request.context.service;
        let development = service.development.clone().ok_or(ApiError::NotFound)?;
        let base = request.context.links.base();
        let headers = &request.head().headers;
        Ok(Self {
            origin: text(headers, &ORIGIN),
            is_own: is_own(headers, base),
            is_local: request.is_local(),
            service: base.to_owned(),
            now: service.clock.now(),
            tenant,
            development,
        })
    }

    fn describe(description: &mut Description) {
        describe_tenant(description);
    }
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

fn is_own(headers: &HeaderMap, base: &str) -> bool {
    let own_origin = text(headers, &ORIGIN).is_none_or(|origin| {
        base == origin || base.strip_prefix(&*origin).is_some_and(|path| path.starts_with('/'))
    });
    let site = text(headers, &SEC_FETCH_SITE);
    own_origin && site.is_none_or(|site| site == "same-origin")
}

/// The parameters in the query string.
pub(in crate::http) struct Query(pub(super) Result<Parameters, GrantRefusal>);

impl Extract for Query {
    const READS_OPTIONS: bool = true;

    async fn extract(request: &mut Request) -> Result<Self, ApiError> {
        let query = request.query();
        if query.len() > MAX_QUERY_BYTES {
            return Ok(Self(Err(GrantRefusal::Form("it is longer than 8 KiB"))));
        }
        Ok(Self(Parameters::parse(query)))
    }
}

/// The schema of a parameter.
pub(super) fn text_schema() -> serde_json::Value {
    json!({ "type": "string" })
}
