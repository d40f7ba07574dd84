//! What the service says of itself, to everybody: the service document and `$metadata` for OData's
//! clients, the OpenAPI document for all others, and the same as a page.

use std::sync::{Arc, LazyLock};

use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_TYPE;
use serde_json::{Value, json};

use super::compression::compressed;
use super::reply::{Reply, odata_json};
use super::request_context::RequestContext;
use super::routes::{Operation, operations};
use super::{AccessKind, ApiError, Service};
use crate::protocol::openapi::{self, Described, Description};
use crate::protocol::{Links, Metadata, csdl};

/// A document that is ready to be sent.
pub(super) struct Document {
    kind: &'static str,
    text: String,
}

/// One that a browser shows.
pub(super) struct Page(String);

impl Reply for Document {
    const JSON: bool = false;

    async fn respond(self, context: &RequestContext) -> HttpResponse {
        let mut response = HttpResponse::Ok();
        response.insert_header((CONTENT_TYPE, self.kind)).insert_header(("OData-Version", "4.0"));
        compressed(response, context, self.text.into()).await
    }

    fn describe(description: &mut Description) {
        description.gives_content(200, "The document.", "*/*", &json!({}));
    }
}

impl Reply for Page {
    const JSON: bool = false;

    async fn respond(self, context: &RequestContext) -> HttpResponse {
        let mut response = HttpResponse::Ok();
        response
            .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
            // Nothing in it runs or is fetched.
            .insert_header((
                "Content-Security-Policy",
                "default-src 'none'; style-src 'unsafe-inline'",
            ));
        compressed(response, context, self.0.into()).await
    }

    fn describe(description: &mut Description) {
        description.gives_content(200, "The page.", "text/html", &json!({ "type": "string" }));
    }
}

/// `GET /beta`: what stands at the root.
pub(super) async fn service(links: Links) -> Result<Document, ApiError> {
    let document = json!({
        "@odata.context": format!("{}/$metadata", links.base()),
        "value": [{ "name": "deviceManagement", "kind": "Singleton", "url": "deviceManagement" }],
    });
    Ok(Document { kind: odata_json(Metadata::Minimal), text: document.to_string() })
}

/// `GET /beta/$metadata`
pub(super) async fn metadata() -> Result<Document, ApiError> {
    static CSDL: LazyLock<String> = LazyLock::new(csdl);
    Ok(Document { kind: "application/xml", text: CSDL.clone() })
}

/// `GET /openapi.json`
pub(super) async fn openapi(service: Arc<Service>, links: Links) -> Result<Document, ApiError> {
    let text = document(&service, &links).to_string();
    Ok(Document { kind: "application/json", text })
}

/// `GET /docs`
pub(super) async fn page(service: Arc<Service>, links: Links) -> Result<Page, ApiError> {
    Ok(Page(openapi::page(&document(&service, &links))))
}

fn document(service: &Service, links: &Links) -> Value {
    let there = |it: &Operation| !it.development || service.development.is_some();
    let described = operations().into_iter().filter(there).map(|operation| Described {
        name: operation.name,
        method: operation.method.to_string(),
        path: operation.path,
        public: operation.access == AccessKind::Public,
        permissions: operation.access.permissions().iter().map(|it| it.name()).collect(),
        description: operation.description,
    });
    openapi::document(described.collect(), links.base(), &service.rules)
}
