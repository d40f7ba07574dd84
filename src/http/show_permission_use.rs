//! `GET /beta/esimpool/permissions/used`: which permissions clients were granted and which they used.
//! Exists only while the development issuer is on.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;
use serde::Serialize;
use serde_json::json;

use super::error::ApiError;
use super::handler::Reply;
use super::permission_use::{ClientUse, ClientsOfTenant};
use super::request_context::RequestContext;
use super::service::Development;
use crate::auth::{Caller, Permission};
use crate::protocol::openapi::Description;

/// The clients of the caller's own tenant, to every caller with a valid token: they see what their
/// own tenant grants. A request for this is not counted itself.
pub(super) async fn show_permission_use(
    caller: Caller,
    development: Arc<Development>,
) -> Result<PermissionUseBody, ApiError> {
    let ClientsOfTenant { clients, dropped } = development.permission_use.of_tenant(&caller);
    Ok(PermissionUseBody {
        since: development.permission_use.since.to_string(),
        dropped_clients: dropped,
        value: clients.iter().map(ClientBody::of).collect(),
    })
}

/// The clients of a tenant.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PermissionUseBody {
    since: String,
    dropped_clients: u64,
    value: Vec<ClientBody>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ClientBody {
    application_id: String,
    application_display_name: Option<String>,
    /// `delegated` or `application`.
    kind: &'static str,
    requests: u64,
    granted: Vec<String>,
    used: Vec<&'static str>,
    surplus: Vec<String>,
    complete: bool,
}

impl ClientBody {
    fn of(client: &ClientUse) -> Self {
        Self {
            application_id: client.app.clone(),
            application_display_name: client.app_name.clone(),
            kind: if client.delegated { "delegated" } else { "application" },
            requests: client.requests,
            granted: client.granted.clone(),
            used: client.used.iter().copied().map(Permission::name).collect(),
            surplus: client.surplus().into_iter().map(str::to_owned).collect(),
            complete: client.complete,
        }
    }
}

impl Reply for PermissionUseBody {
    async fn respond(self, _: &RequestContext) -> HttpResponse {
        HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(self)
    }

    fn describe(description: &mut Description) {
        let (text, count) =
            (json!({ "type": "string" }), json!({ "type": "integer", "minimum": 0 }));
        let names = json!({ "type": "array", "items": text });
        let client = json!({
            "type": "object",
            "required": ["applicationId", "kind", "requests", "granted", "used", "surplus", "complete"],
            "properties": {
                "applicationId": text,
                "applicationDisplayName": { "type": ["string", "null"] },
                "kind": { "enum": ["application", "delegated"] },
                "requests": count,
                "granted": names,
                "used": names,
                "surplus": names,
                "complete": { "type": "boolean" },
            },
        });
        let schema = json!({
            "type": "object",
            "required": ["since", "droppedClients", "value"],
            "properties": {
                "since": text,
                "droppedClients": count,
                "value": { "type": "array", "items": client },
            },
        });
        description.gives_json(200, "The clients of the tenant.", &schema);
    }
}
