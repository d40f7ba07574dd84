//! `POST /{tenant}/oauth2/v2.0/token`: a token for an application with valid credentials.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, WWW_AUTHENTICATE};
use serde_json::{Value, json};

use super::form::Form;
use super::response::json_response;
use super::tenant::TenantName;
use crate::auth::{GrantRefusal, Granted};
use crate::clock::Clock;
use crate::host::authority;
use crate::http::error::ApiError;
use crate::http::handler::Reply;
use crate::http::request_context::RequestContext;
use crate::http::service::Development;
use crate::offload::offload;
use crate::protocol::Links;
use crate::protocol::openapi::Description;

/// The work of a signature, and of a new key for a token that is to be wrong, in [`offload`]'s items.
const ITEMS_PER_TOKEN: usize = 1000;

/// The response to a token request.
pub(in crate::http) struct TokenResponse {
    outcome: Result<Granted, GrantRefusal>,
    /// Whether the client used the `Authorization` header, which a refusal then challenges.
    basic: bool,
}

/// A token, or OAuth's error.
pub(in crate::http) async fn token(
    TenantName(tenant): TenantName,
    Form { request, basic }: Form,
    links: Links,
    development: Arc<Development>,
    clock: Clock,
) -> Result<TokenResponse, ApiError> {
    let grant = move || {
        let base = links.base();
        let is_this_service = |host: &str| names_base(host, base);
        let (provider, now) = (&development.provider, clock.now());
        request.and_then(|request| provider.grant(base, &tenant, &request, is_this_service, now))
    };
    Ok(TokenResponse { outcome: offload(ITEMS_PER_TOKEN, grant).await, basic })
}

/// Whether a host, with or without port, is that of the base of links.
fn names_base(host: &str, base: &str) -> bool {
    let own = authority(base);
    let name = own.rsplit_once(':').filter(|(_, port)| !port.contains(']'));
    host == own || name.is_some_and(|(name, _)| host == name)
}

impl Reply for TokenResponse {
    async fn respond(self, context: &RequestContext) -> HttpResponse {
        let refusal = match self.outcome {
            Ok(Granted { token, ttl }) => {
                // A second less, like Entra, so that a client that renews in time is never late.
                let seconds = ttl.as_secs() - 1;
                let granted = json!({
                    "token_type": "Bearer",
                    "expires_in": seconds,
                    "ext_expires_in": seconds,
                    "access_token": token,
                });
                return json_response(StatusCode::OK, "no-store", &granted);
            }
            Err(refusal) => refusal,
        };
        context.refusal.set(Some(refusal.error()));
        let status = match refusal.error() {
            "invalid_client" => StatusCode::UNAUTHORIZED,
            _ => StatusCode::BAD_REQUEST,
        };
        let mut response = json_response(status, "no-store", &error_body(&refusal, context));
        if status == StatusCode::UNAUTHORIZED && self.basic {
            let challenge = HeaderValue::from_static("Basic realm=\"esimpool\"");
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        response
    }

    fn describe(description: &mut Description) {
        let text = json!({ "type": "string" });
        let granted = json!({
            "type": "object",
            "required": ["token_type", "expires_in", "access_token"],
            "properties": {
                "token_type": { "const": "Bearer" },
                "expires_in": { "type": "integer" },
                "ext_expires_in": { "type": "integer" },
                "access_token": text,
            },
        });
        description.gives_json(200, "A token.", &granted);
        let refused = json!({
            "type": "object",
            "required": ["error", "error_description"],
            "properties": { "error": text, "error_description": text },
        });
        description.gives_json(400, "OAuth's error.", &refused);
        description.gives_json(401, "OAuth's error `invalid_client`.", &refused);
    }
}

/// The error of RFC 6749, section 5.2, with Entra's additions.
fn error_body(refusal: &GrantRefusal, context: &RequestContext) -> Value {
    let at = context.service.clock.now().to_string();
    let timestamp = format!("{}Z", at[..19].replace('T', " "));
    let (trace, correlation) = (context.request_id, context.client_request_id());
    let description = format!(
        "AADSTS{}: {refusal} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {timestamp}",
        refusal.code()
    );
    json!({
        "error": refusal.error(),
        "error_description": description,
        "error_codes": [refusal.code()],
        "timestamp": timestamp,
        "trace_id": trace.to_string(),
        "correlation_id": correlation,
    })
}
