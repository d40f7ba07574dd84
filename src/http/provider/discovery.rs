//! OpenID Connect Discovery: what clients read before they request a token.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde_json::{Value, json};

use super::response::json_response;
use super::tenant::TenantName;
use crate::auth::{DevelopmentIssuer, ServiceUrls};
use crate::http::error::ApiError;
use crate::http::handler::Reply;
use crate::http::request_context::RequestContext;
use crate::http::service::Development;
use crate::protocol::Links;
use crate::protocol::openapi::Description;

/// The paths at which Entra's document has a placeholder for the tenant.
const OF_ALL_TENANTS: [&str; 2] = ["common", "organizations"];

/// A document of the identity provider.
pub(in crate::http) struct ProviderDocument(Value);

impl Reply for ProviderDocument {
    async fn respond(self, _: &RequestContext) -> HttpResponse {
        json_response(StatusCode::OK, "no-cache", &self.0)
    }

    fn describe(description: &mut Description) {
        description.gives_json(200, "The document.", &json!({ "type": "object" }));
    }
}

/// `GET /{tenant}/v2.0/.well-known/openid-configuration`, and without `/v2.0`.
pub(in crate::http) async fn openid_configuration(
    tenant: TenantName,
    links: Links,
) -> Result<ProviderDocument, ApiError> {
    let tenant = tenant.for_url()?;
    let base = format!("{}/{tenant}", links.base());
    let tenant = if OF_ALL_TENANTS.contains(&tenant.as_str()) { "{tenantid}" } else { &tenant };
    Ok(ProviderDocument(json!({
        // At the URL that the client used, as in the tokens: clients compare the two.
        "issuer": ServiceUrls::issuer_name(links.base(), tenant),
        "token_endpoint": format!("{base}/oauth2/v2.0/token"),
        "jwks_uri": format!("{base}/discovery/v2.0/keys"),
        // Not implemented, but MSAL requires it.
        "authorization_endpoint": format!("{base}/oauth2/v2.0/authorize"),
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "response_types_supported": ["token"],
        "response_modes_supported": ["form_post"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": [format!("{}/.default", DevelopmentIssuer::AUDIENCE)],
        "claims_supported": ["iss", "aud", "iat", "nbf", "exp", "tid", "appid", "oid", "sub", "roles", "idtyp", "ver"],
    })))
}

/// `GET /{tenant}/discovery/v2.0/keys`, and without `/v2.0`.
pub(in crate::http) async fn keys(
    tenant: TenantName,
    development: Arc<Development>,
) -> Result<ProviderDocument, ApiError> {
    tenant.for_url()?;
    Ok(ProviderDocument(development.provider.issuer().key_set()))
}
