//! Which web pages may call the service and read its responses: CORS, as the Fetch standard defines
//! it (section 3.2), answered as Graph does.
//!
//! Any page may call the API, because a call is worth what its token is: the service knows no
//! cookies, and never allows credentials. A page cannot reach it by a foreign host name, so that a
//! rebound DNS name gains nothing (see [`is_remote`](super::base_url::is_remote)).

use actix_web::HttpResponse;
use actix_web::dev::RequestHead;
use actix_web::http::Method;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderValue, ORIGIN, VARY,
};

use super::cross_origin::CrossOrigin;
use super::request_context::RequestContext;

/// Every method, so that a page gets the service's own refusal of a method that a path does not have
/// instead of a network error.
const METHODS: HeaderValue =
    HeaderValue::from_static("GET, HEAD, POST, PATCH, PUT, DELETE, OPTIONS");

/// The headers of responses that a page may read: Graph's, as far as the service sends them, and
/// those of OData, of files and of refusals.
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "ETag, Location, Preference-Applied, request-id, client-request-id, WWW-Authenticate, Retry-After, \
     OData-Version, OData-EntityId, Allow, Content-Disposition",
);

/// How long a browser may remember the answer to a preflight, in seconds.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");

/// The longest list of request headers that is allowed at once, in bytes.
const MAX_LIST_BYTES: usize = 2048;

/// Whether a browser asks what a page may send.
pub(super) fn is_preflight(head: &RequestHead) -> bool {
    head.method == Method::OPTIONS
        && head.headers.contains_key(ORIGIN)
        && head.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// What a page may send to a path that it may call.
pub(super) fn preflight(head: &RequestHead) -> HttpResponse {
    let mut response = HttpResponse::Ok().finish();
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    // By name: `*` does not include Authorization (Fetch, section 3.2.3).
    let wanted = head.headers.get(ACCESS_CONTROL_REQUEST_HEADERS);
    if let Some(wanted) = wanted.filter(|wanted| is_list_of_names(wanted)) {
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
    }
    response
}

/// Whether a page of the origin that sent these headers may call a path.
pub(super) fn permits(policy: CrossOrigin, request: &HeaderMap, context: &RequestContext) -> bool {
    let Some(origin) = request.get(ORIGIN) else { return false };
    match policy {
        CrossOrigin::Any => true,
        CrossOrigin::None => false,
        CrossOrigin::Registered => {
            let development = context.service.development.as_deref();
            let known = |origin: &str| {
                let base = context.links.base();
                development.is_some_and(|it| it.provider.has_origin(origin, base))
            };
            origin.to_str().is_ok_and(known)
        }
    }
}

/// Adds to the response for a page what allows it to read the response.
pub(super) fn allow_reading(
    request: &HeaderMap,
    context: &RequestContext,
    response: &mut HttpResponse,
) {
    let policy = context.cross_origin.get();
    let headers = response.headers_mut();
    if policy == CrossOrigin::Registered {
        headers.append(VARY, HeaderValue::from_static("Origin"));
    }
    let Some(origin) = request.get(ORIGIN) else { return };
    if permits(policy, request, context) {
        let any = HeaderValue::from_static("*");
        let allowed = if policy == CrossOrigin::Any { any } else { origin.clone() };
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
}

fn is_list_of_names(value: &HeaderValue) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_, ".contains(byte);
    value.len() <= MAX_LIST_BYTES && value.as_bytes().iter().all(is_part)
}
