//! `/livez` and `/readyz`, for what supervises the process.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;
use serde::Serialize;
use serde_json::json;

use super::error::ApiError;
use super::handler::Reply;
use super::request_context::RequestContext;
use super::service::Service;
use crate::protocol::openapi::Description;

/// A healthy service.
#[derive(Serialize)]
pub(super) struct Health {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    engine: Option<&'static str>,
}

impl Reply for Health {
    async fn respond(self, _: &RequestContext) -> HttpResponse {
        HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(self)
    }

    fn describe(description: &mut Description) {
        let schema = json!({
            "type": "object",
            "required": ["status"],
            "properties": { "status": { "const": "ok" }, "engine": { "type": "string" } },
        });
        description.gives_json(200, "The service is healthy.", &schema);
    }
}

/// Whether the process responds. Does not ask the database.
pub(super) async fn livez() -> Result<Health, ApiError> {
    Ok(Health { status: "ok", engine: None })
}

/// Whether requests should come here: the service is not about to stop, the database responds and has
/// the right schema, and the keys of an issuer are known. Waits for no connection that requests use.
pub(super) async fn readyz(service: Arc<Service>) -> Result<Health, ApiError> {
    if service.is_stopping() {
        return Err(ApiError::Unavailable("the service is stopping".to_owned()));
    }
    let issuers = service.authenticator.issuers();
    if issuers.is_empty() {
        return Err(ApiError::Unavailable("no token issuer is configured".to_owned()));
    }
    if issuers.iter().all(|issuer| issuer.status().keys == 0) {
        return Err(ApiError::Unavailable("the keys of no issuer are known yet".to_owned()));
    }
    service.store.health().await?;
    Ok(Health { status: "ok", engine: Some(service.store.engine_name()) })
}
