//! The OpenAPI document as a page for people, and the files that the page loads.

use std::rc::Rc;
use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_SECURITY_POLICY, HeaderValue, X_FRAME_OPTIONS};
use serde_json::json;

use super::documents::{Document, openapi_json};
use super::error::ApiError;
use super::extract::IfNoneMatch;
use super::handler::{Extract, Reply};
use super::prepared_document::DocumentWithBase;
use super::request::Request;
use super::request_context::RequestContext;
use super::router::Router;
use super::service::Service;
use super::web_files::{HASH, WebFile};
use crate::auth::DevelopmentIssuer;
use crate::protocol::openapi::{Description, Limits, PageParts, html_page};
use crate::protocol::{Links, escaped};

/// The page runs and loads the service's own files only, and asks for nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      form-action 'none'; base-uri 'none'; frame-ancestors 'none'; \
                      require-trusted-types-for 'script'; trusted-types 'none'";

/// The page.
pub(super) struct DocsPage(Document);

/// A file of the page, whose path changes with its content.
pub(super) struct DocsFile(WebFile);

/// A path below `/docs`.
pub(super) struct FilePath(String);

impl Extract for FilePath {
    async fn extract(request: &mut Request) -> Result<Self, ApiError> {
        Ok(Self(request.id("path").to_owned()))
    }

    fn describe(description: &mut Description) {
        let what = "A file that the page names; it has several segments.";
        description.takes_segment("path", what, &json!({ "type": "string" }));
    }
}

/// `GET /docs`: the router's operations as a page. No page of another origin gets it, because its
/// examples tell where the program is.
pub(super) async fn docs_page(
    router: Rc<Router>,
    service: Arc<Service>,
    limits: Limits,
    links: Links,
    known: IfNoneMatch,
) -> Result<DocsPage, ApiError> {
    let document = service.documents.page.get_or_init(|| {
        let page = html_page(
            &openapi_json(&router, &limits),
            &PageParts {
                base: DocumentWithBase::BASE,
                path: DocumentWithBase::PATH,
                files: &format!("{}/docs/{}", DocumentWithBase::PATH, *HASH),
                console: service.console.is_some(),
                token_command: service.token_command.as_deref(),
                tenant: &DevelopmentIssuer::TENANT.to_string(),
            },
        );
        DocumentWithBase::new(page, in_shell_and_html)
    });
    let content = document.at(links.base());
    Ok(DocsPage(Document::new("text/html; charset=utf-8", content, &known)))
}

/// `GET /docs/{path}`
pub(super) async fn docs_file(FilePath(path): FilePath) -> Result<DocsFile, ApiError> {
    WebFile::at(&path).map(DocsFile).ok_or(ApiError::NotFound)
}

/// A URL as it is between the quotes of a shell, in HTML.
fn in_shell_and_html(url: &str) -> String {
    let quoted = ["'", "\"", "$", "`", "\\"].iter().fold(url.to_owned(), |url, special| {
        url.replace(special, &format!("%{:02X}", special.as_bytes()[0]))
    });
    escaped(&quoted)
}

impl Reply for DocsPage {
    const JSON: bool = false;

    async fn respond(self, context: &RequestContext) -> HttpResponse {
        let mut response = self.0.into_response(context);
        let headers = response.headers_mut();
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
        headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
        response
    }

    fn describe(description: &mut Description) {
        let page = json!({ "type": "string" });
        Document::describe_as(description, "The page.", "text/html", &page);
    }
}

impl Reply for DocsFile {
    const JSON: bool = false;

    async fn respond(self, context: &RequestContext) -> HttpResponse {
        self.0.respond(context)
    }

    fn describe(description: &mut Description) {
        let text = json!({ "type": "string" });
        description.gives_content(200, "The file.", "*/*", &text);
    }
}
