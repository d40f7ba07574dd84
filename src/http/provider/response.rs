//! Responses in OAuth's own JSON, which is not Graph's.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::CACHE_CONTROL;
use serde_json::{Value, json};

use super::request::text_schema;
use crate::auth::GrantRefusal;
use crate::http::request_context::RequestContext;
use crate::protocol::openapi::Description;

/// A JSON response with this `Cache-Control`.
pub(super) fn json_response(
    status: StatusCode,
    cache_control: &'static str,
    body: &Value,
) -> HttpResponse {
    HttpResponse::build(status).insert_header((CACHE_CONTROL, cache_control)).json(body)
}

/// The error of RFC 6749, section 5.2, with Entra's additions.
pub(super) fn refused(refusal: &GrantRefusal, context: &RequestContext) -> HttpResponse {
    context.refusal.set(Some(refusal.error()));
    let status = match refusal.error() {
        "invalid_client" => StatusCode::UNAUTHORIZED,
        "temporarily_unavailable" => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::BAD_REQUEST,
    };
    let body = json!({
        "error": refusal.error(),
        "error_description": described(refusal, context),
        "error_codes": [refusal.code()],
        "timestamp": timestamp(context),
        "trace_id": context.request_id.to_string(),
        "correlation_id": context.client_request_id(),
    });
    json_response(status, "no-store", &body)
}

/// The refusal in Entra's words, with the ids of the request.
pub(super) fn described(refusal: &GrantRefusal, context: &RequestContext) -> String {
    format!(
        "AADSTS{}: {refusal} Trace ID: {} Correlation ID: {} Timestamp: {}",
        refusal.code(),
        context.request_id,
        context.client_request_id(),
        timestamp(context)
    )
}

/// Adds the refusals to the OpenAPI description of an operation.
pub(super) fn describe_refusals(description: &mut Description) {
    let text = text_schema();
    let refused = json!({
        "type": "object",
        "required": ["error", "error_description"],
        "properties": { "error": text, "error_description": text },
    });
    description.gives_json(400, "OAuth's error.", &refused);
    description.gives_json(401, "OAuth's error `invalid_client`.", &refused);
}

fn timestamp(context: &RequestContext) -> String {
    let at = context.service.clock.now().to_string();
    format!("{}Z", at[..19].replace('T', " "))
}
