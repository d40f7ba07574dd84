//! What happens to every response before it leaves: it gets its ids, is counted and is logged.

use std::fmt;

use actix_web::HttpResponse;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::http::{ConnectionType, Method, StatusCode};
use tracing::field::display;

use super::request_context::{RequestContext, header_value};
use crate::auth::{Caller, Explanation, Permission, Principal};

/// What is logged instead of a verb that HTTP does not define.
pub(super) const UNKNOWN_VERB: &str = "other";

/// The verb of a request, as it is logged and counted: a client may send any, of any length.
pub(super) fn logged_verb(method: &Method) -> &'static str {
    let known = ["GET", "POST", "PATCH", "DELETE", "PUT", "HEAD", "OPTIONS"];
    known.into_iter().find(|known| *known == method.as_str()).unwrap_or(UNKNOWN_VERB)
}

/// The names of permissions, separated by spaces.
struct Names(&'static [Permission]);

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, permission) in self.0.iter().enumerate() {
            write!(f, "{}{permission}", if index == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

/// The response with its ids as headers, counted and logged.
pub(super) fn finish(
    context: &RequestContext,
    method: &'static str,
    mut response: HttpResponse,
) -> HttpResponse {
    let headers = response.headers_mut();
    let name = HeaderName::from_static;
    headers.insert(name("request-id"), header_value(context.request_id));
    headers.insert(name("client-request-id"), context.client_request_id.clone());
    headers.insert(name("x-content-type-options"), HeaderValue::from_static("nosniff"));
    if context.service.is_stopping() {
        response.head_mut().set_connection_type(ConnectionType::Close);
    }
    log(context, method, response.status());
    response
}

/// Writes one log line, without query, body, token or anything else that could be a secret.
fn log(context: &RequestContext, method: &'static str, status: StatusCode) {
    let took = context.started.elapsed();
    let status = status.as_u16();
    context.record("status", status);
    let route = context.route().unwrap_or("-");
    context.service.metrics.count(method, route, status, took);
    let caller = context.caller();
    let principal = caller.map(Caller::principal);
    let (user, app) = (principal.and_then(Principal::user), principal.map(Principal::app));
    let tenant = caller.map(|caller| display(caller.tenant()));
    // Of a token only names are logged, no values.
    let denial = context.denial.get();
    let refused = denial.filter(|_| caller.is_none()).and_then(Explanation::permissions);
    let carried = caller.map(|caller| caller.permissions().names()).or(refused.as_deref());
    let needed = context.needed.get();
    tracing::info!(
        target: "esimpool::request",
        request_id = %context.request_id,
        client_request_id = context.client_request_id(),
        part_of = context.part_of.map(display),
        method,
        route,
        status,
        took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        tenant,
        user,
        app,
        refusal = context.refusal.get(),
        token_claims = denial.and_then(Explanation::claims),
        token_permissions = carried,
        needed = (!needed.is_empty()).then(|| display(Names(needed))),
        "answered"
    );
}
