//! What the service publishes about itself to every program: the service document and `$metadata`
//! for OData clients, and the OpenAPI document for all others.

use std::rc::Rc;
use std::sync::Arc;

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, VARY,
};
use actix_web::{HttpResponse, HttpResponseBuilder};
use serde_json::{Value, json};

use super::error::ApiError;
use super::extract::IfNoneMatch;
use super::handler::Reply;
use super::prepared_document::{DocumentWithBase, PreparedDocument};
use super::reply::odata_json;
use super::request_context::RequestContext;
use super::route::AccessKind;
use super::router::Router;
use super::service::Service;
use crate::protocol::openapi::{self, DescribedOperation, Description, Limits};
use crate::protocol::{Links, MetadataLevel, csdl};

const ODATA_VERSION: HeaderName = HeaderName::from_static("odata-version");

/// A document for programs.
pub(super) struct Document {
    content_type: &'static str,
    content: PreparedDocument,
    /// Whether the client has it already.
    known: bool,
}

impl Document {
    pub(super) fn new(
        content_type: &'static str,
        content: PreparedDocument,
        known: &IfNoneMatch,
    ) -> Self {
        Self { content_type, known: known.contains(&content.etag), content }
    }

    pub(super) fn into_response(self, context: &RequestContext) -> HttpResponse {
        let Self { content_type, content, known } = self;
        let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        response
            .insert_header((ETAG, content.etag.clone()))
            .insert_header((CACHE_CONTROL, "no-cache"));
        if known {
            return response.insert_header((VARY, "Accept-Encoding")).finish();
        }
        document_response(response, content_type, content, context)
    }

    pub(super) fn describe_as(
        description: &mut Description,
        what: &str,
        kind: &str,
        schema: &Value,
    ) {
        description.gives_content(200, what, kind, schema);
        description.gives_nothing(304, "The client has this version already.");
    }
}

/// A response with a prepared document, compressed if the client accepts that.
fn document_response(
    mut response: HttpResponseBuilder,
    content_type: &'static str,
    document: PreparedDocument,
    context: &RequestContext,
) -> HttpResponse {
    response.insert_header((CONTENT_TYPE, content_type)).insert_header((VARY, "Accept-Encoding"));
    match document.gzip.filter(|_| context.preferences.gzip) {
        Some(gzip) => response.insert_header((CONTENT_ENCODING, "gzip")).body(gzip),
        None => response.body(document.text),
    }
}

impl Reply for Document {
    const JSON: bool = false;

    async fn respond(self, context: &RequestContext) -> HttpResponse {
        let mut response = self.into_response(context);
        response.headers_mut().insert(ODATA_VERSION, HeaderValue::from_static("4.0"));
        response
    }

    fn describe(description: &mut Description) {
        Self::describe_as(description, "The document.", "*/*", &json!({}));
    }
}

/// `GET /beta`: the service document, which lists what is at the root.
pub(super) async fn service_document(
    links: Links,
    known: IfNoneMatch,
) -> Result<Document, ApiError> {
    let document = json!({
        "@odata.context": format!("{}/$metadata", links.base()),
        "value": [{ "name": "deviceManagement", "kind": "Singleton", "url": "deviceManagement" }],
    });
    // It is short, and built faster than found.
    let content = PreparedDocument::new(document.to_string());
    Ok(Document::new(odata_json(MetadataLevel::Minimal), content, &known))
}

/// `GET /beta/$metadata`
pub(super) async fn metadata_document(
    service: Arc<Service>,
    known: IfNoneMatch,
) -> Result<Document, ApiError> {
    let content = service.documents.metadata.get_or_init(|| PreparedDocument::new(csdl()));
    Ok(Document::new("application/xml", content.clone(), &known))
}

/// `GET /openapi.json`: the OpenAPI document of the router's operations.
pub(super) async fn openapi_document(
    router: Rc<Router>,
    service: Arc<Service>,
    limits: Limits,
    links: Links,
    known: IfNoneMatch,
) -> Result<Document, ApiError> {
    let document = service
        .documents
        .openapi
        .get_or_init(|| DocumentWithBase::new(openapi_json(&router, &limits).to_string(), in_json));
    Ok(Document::new("application/json", document.at(links.base()), &known))
}

/// The OpenAPI document, with [`DocumentWithBase::BASE`] instead of the base URL.
pub(super) fn openapi_json(router: &Router, limits: &Limits) -> Value {
    let described = router.operations().into_iter().map(|operation| DescribedOperation {
        name: operation.name,
        method: operation.method.to_string(),
        path: operation.path,
        public: operation.access == AccessKind::Public,
        permissions: operation.access.permissions().iter().map(|it| it.name()).collect(),
        description: operation.description,
    });
    openapi::document(described.collect(), DocumentWithBase::BASE, limits)
}

/// A string as it is between the quotes of JSON.
fn in_json(text: &str) -> String {
    Value::from(text).to_string().trim_matches('"').to_owned()
}
