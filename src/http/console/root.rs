//! `GET /`

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue, LOCATION, VARY};

use crate::auth::DevelopmentIssuer;
use crate::http::documents::{Document, service_document};
use crate::http::error::ApiError;
use crate::http::extract::IfNoneMatch;
use crate::http::handler::{Extract, Reply};
use crate::http::preferences::asks_for_html;
use crate::http::request::Request;
use crate::http::request_context::RequestContext;
use crate::http::service::Service;
use crate::protocol::Links;
use crate::protocol::openapi::Description;

/// The service document, and the console instead for those who would rather have a page.
pub(in crate::http) struct Root {
    document: Document,
    /// The URL of the console, if the client would rather have it, and the service has it.
    console: Option<String>,
}

/// Whether the client would rather have a page.
pub(in crate::http) struct PrefersPage(bool);

impl Extract for PrefersPage {
    async fn extract(request: &mut Request) -> Result<Self, ApiError> {
        Ok(Self(asks_for_html(&request.head().headers)))
    }
}

/// `GET /`
pub(in crate::http) async fn root(
    PrefersPage(page): PrefersPage,
    service: Arc<Service>,
    links: Links,
    known: IfNoneMatch,
) -> Result<Root, ApiError> {
    let url = || format!("{}{}", links.base(), DevelopmentIssuer::CONSOLE_PATH);
    let console = (page && service.console.is_some()).then(url);
    Ok(Root { document: service_document(links, known).await?, console })
}

impl Reply for Root {
    const JSON: bool = false;

    async fn respond(self, context: &RequestContext) -> HttpResponse {
        let mut response = match self.console {
            Some(url) => HttpResponse::Found()
                .insert_header((LOCATION, url))
                .insert_header((CACHE_CONTROL, "no-cache"))
                .finish(),
            None => self.document.respond(context).await,
        };
        response.headers_mut().append(VARY, HeaderValue::from_static("Accept"));
        response
    }

    fn describe(description: &mut Description) {
        Document::describe(description);
        description.gives_nothing(302, "The console, for browsers.");
    }
}
