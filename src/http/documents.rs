//! What the service publishes about itself to every client: the service document and `$metadata`
//! for OData clients, the OpenAPI document for all others, and the latter as a page.

use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_TYPE;
use serde_json::{Value, json};

use super::compression::compressed;
use super::error::ApiError;
use super::handler::Reply;
use super::reply::odata_json;
use super::request_context::RequestContext;
use super::route::{AccessKind, Operation};
use crate::protocol::openapi::{self, DescribedOperation, Description, Limits, html_page};
use crate::protocol::{Links, MetadataLevel, csdl};

/// A document for programs.
pub(super) struct Document {
    content_type: &'static str,
    text: String,
}

/// A document for browsers.
pub(super) struct HtmlPage(String);

impl Reply for Document {
    const JSON: bool = false;

    async fn respond(self, context: &RequestContext) -> HttpResponse {
        let mut response = HttpResponse::Ok();
        response
            .insert_header((CONTENT_TYPE, self.content_type))
            .insert_header(("OData-Version", "4.0"));
        compressed(response, context, self.text.into()).await
    }

    fn describe(description: &mut Description) {
        description.gives_content(200, "The document.", "*/*", &json!({}));
    }
}

impl Reply for HtmlPage {
    const JSON: bool = false;

    async fn respond(self, context: &RequestContext) -> HttpResponse {
        let mut response = HttpResponse::Ok();
        response
            .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
            // The page runs nothing and loads nothing.
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

/// `GET /beta`: the service document, which lists what is at the root.
pub(super) async fn service_document(links: Links) -> Result<Document, ApiError> {
    let document = json!({
        "@odata.context": format!("{}/$metadata", links.base()),
        "value": [{ "name": "deviceManagement", "kind": "Singleton", "url": "deviceManagement" }],
    });
    Ok(Document { content_type: odata_json(MetadataLevel::Minimal), text: document.to_string() })
}

/// `GET /beta/$metadata`
pub(super) async fn metadata_document() -> Result<Document, ApiError> {
    static CSDL: LazyLock<String> = LazyLock::new(csdl);
    Ok(Document { content_type: "application/xml", text: CSDL.clone() })
}

/// `GET /openapi.json`: the OpenAPI document of these operations.
pub(super) async fn openapi_document(
    operations: Vec<Operation>,
    limits: Limits,
    links: Links,
) -> Result<Document, ApiError> {
    let text = openapi_json(operations, &limits, &links).to_string();
    Ok(Document { content_type: "application/json", text })
}

/// `GET /docs`: the OpenAPI document of these operations as a page.
pub(super) async fn docs_page(
    operations: Vec<Operation>,
    limits: Limits,
    links: Links,
) -> Result<HtmlPage, ApiError> {
    Ok(HtmlPage(html_page(&openapi_json(operations, &limits, &links))))
}

fn openapi_json(operations: Vec<Operation>, limits: &Limits, links: &Links) -> Value {
    let described = operations.into_iter().map(|operation| DescribedOperation {
        name: operation.name,
        method: operation.method.to_string(),
        path: operation.path,
        public: operation.access == AccessKind::Public,
        permissions: operation.access.permissions().iter().map(|it| it.name()).collect(),
        description: operation.description,
    });
    openapi::document(described.collect(), links.base(), limits)
}
