//! Responses in OAuth's own JSON, which is not Graph's.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::CACHE_CONTROL;
use serde_json::Value;

/// A JSON response with this `Cache-Control`.
pub(super) fn json_response(
    status: StatusCode,
    cache_control: &'static str,
    body: &Value,
) -> HttpResponse {
    HttpResponse::build(status).insert_header((CACHE_CONTROL, cache_control)).json(body)
}
