//! The tenant in the path of an endpoint.

use serde_json::json;

use crate::http::error::ApiError;
use crate::http::handler::Extract;
use crate::http::request::Request;
use crate::protocol::openapi::Description;

/// The longest domain name, in characters (RFC 1035).
const MAX_TENANT: usize = 253;

/// The tenant that the path names: a GUID, a domain, `common` and the like, or any other string.
pub(in crate::http) struct TenantName(pub(super) String);

impl TenantName {
    /// The name, if it can be part of a URL as it is.
    ///
    /// # Errors
    /// [`ApiError::UnknownSegment`] for other names.
    pub(super) fn for_url(self) -> Result<String, ApiError> {
        if is_plain(&self.0) { Ok(self.0) } else { Err(ApiError::UnknownSegment(self.0)) }
    }
}

impl Extract for TenantName {
    // Clients add options of their own (`appid`, `api-version`), which are ignored.
    const READS_OPTIONS: bool = true;

    async fn extract(request: &mut Request) -> Result<Self, ApiError> {
        Ok(Self(request.id("tenant").to_owned()))
    }

    fn describe(description: &mut Description) {
        describe_tenant(description);
    }
}

/// Whether the name of a tenant can be part of a URL as it is.
pub(super) fn is_plain(tenant: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    (1..=MAX_TENANT).contains(&tenant.len()) && tenant.bytes().all(plain)
}

/// Adds the tenant to the OpenAPI description of an operation.
pub(super) fn describe_tenant(description: &mut Description) {
    let schema = json!({ "type": "string", "pattern": "^[A-Za-z0-9._-]{1,253}$" });
    let what = "The tenant: a GUID, or common or organizations where people sign in.";
    description.takes_segment("tenant", what, &schema);
}
