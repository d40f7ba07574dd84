//! `GET /beta/esimpool/decisions/{request}`: why a request was refused, and `GET
//! /beta/esimpool/decisions`: the latest refusals. They exist only while the development issuer is on.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::error::ApiError;
use super::extract::RefusedRequestId;
use super::handler::Reply;
use super::refusal_log::LoggedRefusal;
use super::request_context::RequestContext;
use super::service::Development;
use crate::auth::{Caller, DevelopmentIssuer};
use crate::protocol::openapi::Description;

/// Explains a refusal to a caller with a token of the development issuer: one of a caller of the
/// same tenant, or of a token that failed verification.
pub(super) async fn explain_refusal(
    caller: Caller,
    RefusedRequestId(request): RefusedRequestId,
    development: Arc<Development>,
) -> Result<Explained, ApiError> {
    check_issuer(&caller)?;
    let refusal = development.refusals.find(request).ok_or(ApiError::NotFound)?;
    if refusal.tenant.is_some_and(|tenant| tenant != caller.tenant()) {
        return Err(ApiError::NotFound);
    }
    Ok(Explained(refusal))
}

/// Others than callers of the development issuer learn nothing of refusals.
fn check_issuer(caller: &Caller) -> Result<(), ApiError> {
    if caller.issuer() == DevelopmentIssuer::CALLERS { Ok(()) } else { Err(ApiError::NotFound) }
}

/// How many refusals are listed.
const MAX_LISTED: usize = 100;

/// Lists the latest refusals that concern the caller's tenant, to a caller with a token of the
/// development issuer.
pub(super) async fn list_refusals(
    caller: Caller,
    development: Arc<Development>,
) -> Result<Refusals, ApiError> {
    check_issuer(&caller)?;
    let latest = development.refusals.latest(caller.tenant(), MAX_LISTED);
    Ok(Refusals { value: latest.into_iter().map(Explained).collect() })
}

/// The latest refusals as JSON.
#[derive(Serialize)]
pub(super) struct Refusals {
    value: Vec<Explained>,
}

/// A refusal as JSON.
pub(super) struct Explained(Arc<LoggedRefusal>);

impl Serialize for Explained {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let LoggedRefusal { request_id, at, method, route, status, code, check, why, .. } =
            &*self.0;
        let needed: Vec<_> = self.0.needed.iter().map(|permission| permission.name()).collect();
        let mut refusal = json!({
            "requestId": request_id.to_string(),
            "dateTime": at.to_string(),
            "request": format!("{method} {route}"),
            "status": status,
            "code": code,
            "check": check,
            "why": why,
            "needsOneOf": needed,
        });
        if let Some(token) = &self.0.token {
            refusal["token"] = json!(token);
        }
        refusal.serialize(serializer)
    }
}

impl Reply for Explained {
    async fn respond(self, _: &RequestContext) -> HttpResponse {
        HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(self)
    }

    fn describe(description: &mut Description) {
        description.gives_json(200, "Why the request was refused.", &schema());
    }
}

impl Reply for Refusals {
    async fn respond(self, _: &RequestContext) -> HttpResponse {
        HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(self)
    }

    fn describe(description: &mut Description) {
        let schema = json!({
            "type": "object",
            "required": ["value"],
            "properties": { "value": { "type": "array", "items": schema() } },
        });
        description.gives_json(200, "The latest refusals, the latest first.", &schema);
    }
}

/// The JSON schema of a refusal.
fn schema() -> Value {
    let text = json!({ "type": "string" });
    json!({
        "type": "object",
        "required": ["requestId", "status", "code", "check", "why", "needsOneOf"],
        "properties": {
            "requestId": text,
            "dateTime": text,
            "request": text,
            "status": { "type": "integer" },
            "code": text,
            "check": text,
            "why": text,
            "needsOneOf": { "type": "array", "items": text },
            "token": { "type": "object" },
        },
    })
}
