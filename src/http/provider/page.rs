//! The pages that the identity provider shows to people. They run nothing, load nothing, and cannot be
//! framed.

use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, REFERRER_POLICY,
    X_FRAME_OPTIONS,
};

use super::response::described;
use crate::auth::GrantRefusal;
use crate::http::request_context::RequestContext;
use crate::http::style_source::style_source;
use crate::protocol::escaped;
use crate::protocol::openapi::Description;

const STYLE: &str = include_str!("page.css");

/// The only style sheet that a page may have, by its digest.
static STYLE_SOURCE: LazyLock<String> = LazyLock::new(|| style_source(STYLE));

const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-resource-policy");

/// A page.
pub(super) struct Page {
    pub(super) status: StatusCode,
    pub(super) title: &'static str,
    /// HTML below the title.
    pub(super) content: String,
    /// Where its forms may lead beside this service, as a source of a content security policy. Browsers
    /// apply it to the redirect that answers a form, too.
    pub(super) leads_to: Option<String>,
}

impl Page {
    pub(super) fn new(title: &'static str, content: String) -> Self {
        Self { status: StatusCode::OK, title, content, leads_to: None }
    }

    /// The page that tells a person why it goes no further.
    pub(super) fn of_refusal(refusal: &GrantRefusal, context: &RequestContext) -> Self {
        context.refusal.set(Some(refusal.error()));
        let status = match refusal {
            GrantRefusal::ForeignPage | GrantRefusal::Remote => StatusCode::FORBIDDEN,
            GrantRefusal::Busy => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_REQUEST,
        };
        let text = format!("<p>{}</p>", escaped(&described(refusal, context)));
        Self { status, ..Self::new("You cannot sign in", text) }
    }

    pub(super) fn into_response(self) -> HttpResponse {
        let leads_to = self.leads_to.map_or_else(String::new, |source| format!(" {source}"));
        let policy = format!(
            "default-src 'none'; style-src {}; base-uri 'none'; form-action 'self'{leads_to}; \
             frame-ancestors 'none'",
            *STYLE_SOURCE
        );
        let title = escaped(self.title);
        let body = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{title} – esimpool</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n\
             <p class=\"issuer\">esimpool development issuer</p>\n<h1>{title}</h1>\n{}\n</main>\n</body>\n</html>\n",
            self.content
        );
        let policy = HeaderValue::try_from(policy)
            .unwrap_or(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
        HttpResponse::build(self.status)
            .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
            .insert_header((CACHE_CONTROL, "no-store"))
            .insert_header((CONTENT_SECURITY_POLICY, policy))
            .insert_header((X_FRAME_OPTIONS, "DENY"))
            // Its address contains the client's request. Without any referrer, a browser would not name
            // the origin of the form either.
            .insert_header((REFERRER_POLICY, "same-origin"))
            .insert_header((CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"))
            .body(body)
    }
}

/// Adds pages to the OpenAPI description of an operation.
pub(super) fn describe_pages(description: &mut Description) {
    let page = super::request::text_schema();
    description.gives_content(200, "A page.", "text/html", &page);
    for (status, what) in
        [(400, "A page that says what is wrong."), (403, "A page, for a form of another page.")]
    {
        description.gives_content(status, what, "text/html", &page);
    }
}
