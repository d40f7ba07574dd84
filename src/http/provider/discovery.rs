//! OpenID Connect Discovery: what clients read before they request a token.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde_json::{Value, json};

use super::request::Query;
use super::response::{describe_refusals, json_response, refused};
use super::tenant::{TenantName, is_plain};
use crate::auth::{DevelopmentIssuer, GrantRefusal, ServiceUrls};
use crate::host::authority;
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
    let of_all = OF_ALL_TENANTS.contains(&tenant.as_str());
    let tenant = if of_all { "{tenantid}" } else { &tenant };
    Ok(ProviderDocument(json!({
        // At the URL that the client used, as in the tokens: clients compare the two.
        "issuer": ServiceUrls::issuer_name(links.base(), tenant),
        "token_endpoint": format!("{base}/oauth2/v2.0/token"),
        "jwks_uri": format!("{base}/discovery/v2.0/keys"),
        "authorization_endpoint": format!("{base}/oauth2/v2.0/authorize"),
        "device_authorization_endpoint": format!("{base}/oauth2/v2.0/devicecode"),
        "end_session_endpoint": format!("{base}/oauth2/v2.0/logout"),
        "grant_types_supported": [
            "authorization_code", "refresh_token", "client_credentials",
            "urn:ietf:params:oauth:grant-type:device_code",
        ],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic", "none"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "code_challenge_methods_supported": ["S256"],
        // Where the name of the issuer is known before a person signs in (RFC 9207).
        "authorization_response_iss_parameter_supported": !of_all,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "request_uri_parameter_supported": false,
        "scopes_supported": [
            "openid", "profile", "email", "offline_access",
            format!("{}/.default", DevelopmentIssuer::AUDIENCE),
        ],
        "claims_supported": [
            "iss", "aud", "iat", "nbf", "exp", "tid", "appid", "oid", "sub", "roles", "scp", "idtyp", "ver",
            "name", "preferred_username", "upn", "nonce",
        ],
    })))
}

/// The names of an authority, or why it is another one.
pub(in crate::http) struct Instance(Result<ProviderDocument, GrantRefusal>);

/// `GET /{tenant}/discovery/instance`: Microsoft's clients ask by which names an authority is known.
pub(in crate::http) async fn instance(
    TenantName(tenant): TenantName,
    Query(parameters): Query,
    links: Links,
) -> Result<Instance, ApiError> {
    let host = authority(links.base());
    let described = parameters.and_then(|parameters| {
        if !is_plain(&tenant) {
            return Err(GrantRefusal::Tenant(tenant));
        }
        // The URL of an authority; without it, this one.
        let asked = parameters.get("authorization_endpoint");
        if asked.is_some_and(|asked| authority(asked) != host) {
            return Err(GrantRefusal::Instance);
        }
        Ok(ProviderDocument(json!({
            "tenant_discovery_endpoint":
                format!("{}/{tenant}/v2.0/.well-known/openid-configuration", links.base()),
            "api-version": "1.1",
            "metadata": [{ "preferred_network": host, "preferred_cache": host, "aliases": [host] }],
        })))
    });
    Ok(Instance(described))
}

impl Reply for Instance {
    async fn respond(self, context: &RequestContext) -> HttpResponse {
        match self.0 {
            Ok(document) => document.respond(context).await,
            Err(refusal) => refused(&refusal, context),
        }
    }

    fn describe(description: &mut Description) {
        ProviderDocument::describe(description);
        describe_refusals(description);
    }
}

/// `GET /{tenant}/discovery/v2.0/keys`, and without `/v2.0`.
pub(in crate::http) async fn keys(
    tenant: TenantName,
    development: Arc<Development>,
) -> Result<ProviderDocument, ApiError> {
    tenant.for_url()?;
    Ok(ProviderDocument(development.provider.issuer().key_set()))
}
