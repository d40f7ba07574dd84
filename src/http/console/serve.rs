//! `GET /console` and everything below it.

use std::sync::Arc;

use actix_web::HttpResponse;
use serde_json::json;

use super::page::SignIn;
use crate::http::error::ApiError;
use crate::http::handler::{Extract, Reply};
use crate::http::request::Request;
use crate::http::request_context::RequestContext;
use crate::http::service::Service;
use crate::http::web_files::WebFile;
use crate::protocol::Links;
use crate::protocol::openapi::Description;

/// A path below `/console`. What follows it in the query is for the page's scripts.
pub(in crate::http) struct ConsolePath(String);

impl Extract for ConsolePath {
    const READS_OPTIONS: bool = true;

    async fn extract(request: &mut Request) -> Result<Self, ApiError> {
        Ok(Self(request.id("path").to_owned()))
    }
}

/// The same, where there is a path.
pub(in crate::http) struct PathBelow(ConsolePath);

impl Extract for PathBelow {
    const READS_OPTIONS: bool = true;

    async fn extract(request: &mut Request) -> Result<Self, ApiError> {
        ConsolePath::extract(request).await.map(Self)
    }

    fn describe(description: &mut Description) {
        let what = "A screen of the console, or one of its files; it may have several segments.";
        description.takes_segment("path", what, &json!({ "type": "string" }));
    }
}

/// What there is below `/console`.
pub(in crate::http) enum ConsoleReply {
    /// The page, for every screen: its scripts know which one.
    Page(SignIn, String),
    /// A file, whose path changes with its content.
    File(WebFile),
}

/// `GET /console`
pub(in crate::http) async fn console(
    path: ConsolePath,
    service: Arc<Service>,
    links: Links,
) -> Result<ConsoleReply, ApiError> {
    let unknown = || ApiError::UnknownSegment("console".to_owned());
    let settings = service.console.as_ref().ok_or_else(unknown)?;
    let ConsolePath(path) = path;
    if let Some(file) = path.strip_prefix("assets/") {
        return WebFile::at(file).map(ConsoleReply::File).ok_or(ApiError::NotFound);
    }
    let sign_in = SignIn::of(&service, settings, links.base());
    Ok(ConsoleReply::Page(sign_in, links.base().to_owned()))
}

/// `GET /console/{path}`
pub(in crate::http) async fn console_path(
    PathBelow(path): PathBelow,
    service: Arc<Service>,
    links: Links,
) -> Result<ConsoleReply, ApiError> {
    console(path, service, links).await
}

impl Reply for ConsoleReply {
    const JSON: bool = false;

    async fn respond(self, context: &RequestContext) -> HttpResponse {
        match self {
            Self::Page(sign_in, base) => sign_in.page(&base),
            Self::File(file) => file.respond(context),
        }
    }

    fn describe(description: &mut Description) {
        let text = json!({ "type": "string" });
        description.gives_content(200, "The page, or a file of it.", "text/html", &text);
    }
}
