//! What a response loses because of the request: the body that HEAD does not want, and the entity that the
//! client has already.

use actix_web::HttpResponse;
use actix_web::body::{self, BodySize, MessageBody};
use actix_web::dev::RequestHead;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG};
use actix_web::http::{Method, StatusCode};

use super::extract::IfNoneMatch;

/// The entity tags that the sender of a GET or HEAD has.
pub(super) fn known_tags(head: &RequestHead) -> Option<IfNoneMatch> {
    // The tag of an entity does not cover what it is expanded with.
    let expands =
        head.uri.query().is_some_and(|query| query.to_ascii_lowercase().contains("expand"));
    let reads = [Method::GET, Method::HEAD].contains(&head.method) && !expands;
    let known = IfNoneMatch::of(&head.headers);
    (reads && !known.is_empty()).then_some(known)
}

/// The response, or 304 if the client has its entity (RFC 9110, section 13.1.2).
pub(super) fn not_modified(response: HttpResponse, known: Option<&IfNoneMatch>) -> HttpResponse {
    let has =
        |known: &IfNoneMatch| response.headers().get(ETAG).is_some_and(|etag| known.contains(etag));
    if response.status() != StatusCode::OK || !known.is_some_and(has) {
        return response;
    }
    let mut response = response.set_body(body::None::new()).map_into_boxed_body();
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    for name in [CONTENT_TYPE, CONTENT_ENCODING] {
        response.headers_mut().remove(name);
    }
    response
}

/// The response without its body, whose length it keeps.
pub(super) fn without_body(response: HttpResponse) -> HttpResponse {
    let size = response.body().size();
    let mut response = response.set_body(body::None::new()).map_into_boxed_body();
    if let BodySize::Sized(bytes) = size {
        response.headers_mut().insert(CONTENT_LENGTH, bytes.into());
    }
    response
}
