//! `POST /{tenant}/oauth2/v2.0/token`: a token for an application that proves who it is.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, WWW_AUTHENTICATE};
use serde_json::{Value, json};

use super::TenantName;
use super::form::Form;
use crate::auth::{GrantRefusal, Granted};
use crate::http::reply::Reply;
use crate::http::request_context::RequestContext;
use crate::http::{ApiError, Service};
use crate::offload::offload;
use crate::protocol::Links;
use crate::protocol::openapi::Description;

/// A signature takes a while, a new key to sign wrongly with takes long: as long as so many things.
const WORK: usize = 1000;

/// What a client is told.
pub(in crate::http) struct TokenAnswer {
    outcome: Result<Granted, GrantRefusal>,
    /// Whether the client used the Authorization header, and is answered there too.
    basic: bool,
}

/// Gives a token, or OAuth's error.
pub(in crate::http) async fn token(
    TenantName(tenant): TenantName,
    Form { request, basic }: Form,
    links: Links,
    service: Arc<Service>,
) -> Result<TokenAnswer, ApiError> {
    let grant = move || {
        let development = service.development.as_ref().ok_or(ApiError::NotFound)?;
        let is_here = |host: &str| names_base(host, links.base());
        let now = service.clock.now();
        Ok(request.and_then(|request| development.provider.grant(&tenant, &request, is_here, now)))
    };
    let outcome: Result<_, ApiError> = offload(WORK, grant).await;
    Ok(TokenAnswer { outcome: outcome?, basic })
}

/// Whether a host is that of this service's base, with or without the port.
fn names_base(host: &str, base: &str) -> bool {
    let here = base.split("://").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default();
    let name = here.rsplit_once(':').filter(|(_, port)| !port.contains(']'));
    host == here || name.is_some_and(|(name, _)| host == name)
}

impl Reply for TokenAnswer {
    async fn respond(self, context: &RequestContext) -> HttpResponse {
        let refusal = match self.outcome {
            Ok(Granted { token, ttl }) => {
                // A second less, as Entra has it: whoever renews in time is never late.
                let seconds = ttl.as_secs() - 1;
                let granted = json!({
                    "token_type": "Bearer",
                    "expires_in": seconds,
                    "ext_expires_in": seconds,
                    "access_token": token,
                });
                return super::answer(StatusCode::OK, "no-store", &granted);
            }
            Err(refusal) => refusal,
        };
        context.refusal.set(Some(refusal.error()));
        let status = match refusal.error() {
            "invalid_client" => StatusCode::UNAUTHORIZED,
            _ => StatusCode::BAD_REQUEST,
        };
        let mut response = super::answer(status, "no-store", &body(&refusal, context));
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
        description.gives_json(401, "OAuth's error: invalid_client.", &refused);
    }
}

/// RFC 6749 section 5.2, and what Entra adds to it.
fn body(refusal: &GrantRefusal, context: &RequestContext) -> Value {
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
