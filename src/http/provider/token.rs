//! `POST /{tenant}/oauth2/v2.0/token`: tokens for an application, by itself or on behalf of a person.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, WWW_AUTHENTICATE};
use serde_json::{Value, json};

use super::form::Form;
use super::request::{ProviderRequest, text_schema};
use super::response::{describe_refusals, json_response, refused};
use crate::auth::{GrantRefusal, Granted};
use crate::http::error::ApiError;
use crate::http::handler::Reply;
use crate::http::request_context::RequestContext;
use crate::offload::offload;
use crate::protocol::openapi::Description;

/// The work of a signature, and of a new key for a token that is to be wrong, in [`offload`]'s items.
const ITEMS_PER_TOKEN: usize = 1000;

/// The response to a token request.
pub(in crate::http) struct TokenResponse {
    outcome: Result<Granted, GrantRefusal>,
    /// Whether the client used the `Authorization` header, which a refusal then challenges.
    basic: bool,
}

/// Tokens, or OAuth's error.
pub(in crate::http) async fn token(
    Form { parameters, basic }: Form,
    request: ProviderRequest,
) -> Result<TokenResponse, ApiError> {
    let grant = move || {
        let provider = &request.development.provider;
        parameters.and_then(|parameters| provider.grant(&request.endpoint(), &parameters))
    };
    Ok(TokenResponse { outcome: offload(ITEMS_PER_TOKEN, grant).await, basic })
}

impl Reply for TokenResponse {
    async fn respond(self, context: &RequestContext) -> HttpResponse {
        let refusal = match self.outcome {
            Ok(granted) => return json_response(StatusCode::OK, "no-store", &body(granted)),
            Err(refusal) => refusal,
        };
        let mut response = refused(&refusal, context);
        if response.status() == StatusCode::UNAUTHORIZED && self.basic {
            let challenge = HeaderValue::from_static("Basic realm=\"esimpool\"");
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        response
    }

    fn describe(description: &mut Description) {
        let text = text_schema();
        description.takes_form(&json!({
            "type": "object",
            "required": ["grant_type", "client_id"],
            "properties": {
                "grant_type": { "enum": [
                    "authorization_code", "refresh_token", "client_credentials",
                    "urn:ietf:params:oauth:grant-type:device_code",
                ] },
                "client_id": text, "client_secret": text, "scope": text,
                "code": text, "redirect_uri": text, "code_verifier": text,
                "refresh_token": text, "device_code": text,
            },
        }));
        let granted = json!({
            "type": "object",
            "required": ["token_type", "expires_in", "access_token"],
            "properties": {
                "token_type": { "const": "Bearer" },
                "expires_in": { "type": "integer" },
                "ext_expires_in": { "type": "integer" },
                "access_token": text, "scope": text, "refresh_token": text, "id_token": text,
                "client_info": text,
            },
        });
        description.gives_json(200, "Tokens.", &granted);
        describe_refusals(description);
    }
}

fn body(granted: Granted) -> Value {
    // A second less, like Entra, so that a client that renews in time is never late.
    let seconds = granted.ttl.as_secs() - 1;
    let mut body = json!({
        "token_type": "Bearer",
        "expires_in": seconds,
        "ext_expires_in": seconds,
        "access_token": granted.token,
    });
    for (name, value) in [
        ("scope", granted.scope),
        ("refresh_token", granted.refresh_token),
        ("id_token", granted.id_token),
        ("client_info", granted.client_info),
    ] {
        if let Some(value) = value {
            body[name] = json!(value);
        }
    }
    body
}
