//! Where requests come in and answers leave, whatever their route: a request is named, its path is
//! put into one form, and when its answer leaves it is counted and leaves a line in the log.

use std::rc::Rc;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};

use super::base_url::{base_url, is_foreign};
use super::path::Address;
use super::request::{Content, Head, Request};
use super::request_context::{RequestContext, header};
use super::router::Router;
use super::{ApiError, Service};
use crate::auth::{Caller, Principal};

/// Answers every request that reaches the listener.
pub async fn dispatch(request: HttpRequest, payload: web::Payload) -> HttpResponse {
    let service = request.app_data::<web::Data<Service>>().expect("the app has its service");
    let table = request.app_data::<Rc<Router>>().expect("the app has its routes").clone();
    let address = Address::parse(request.path());
    let base = base_url(&request, service) + address.prefix;
    let context = Rc::new(RequestContext::new(Arc::clone(service), request.headers(), base));
    let method = request.method().clone();

    let response = if is_foreign(&request, service) {
        ApiError::Foreign.respond(&context)
    } else {
        let content = Content::Stream(payload.into_inner());
        let request = Request::new(Head::Wire(request), content, context.clone(), table.clone());
        table.answer(&address.segments, request).await
    };

    finish(&context, method.as_str(), response)
}

/// Gives an answer its names, counts it and logs it.
pub(super) fn finish(
    context: &RequestContext,
    method: &str,
    mut response: HttpResponse,
) -> HttpResponse {
    let headers = response.headers_mut();
    let name = HeaderName::from_static;
    headers.insert(name("request-id"), header(&context.request_id));
    headers.insert(name("client-request-id"), context.client_request_id.clone());
    headers.insert(name("x-content-type-options"), HeaderValue::from_static("nosniff"));
    log(context, method, response.status());
    response
}

/// One line a request: no query, no body, no token, nothing that could be a secret.
fn log(context: &RequestContext, method: &str, status: StatusCode) {
    let took = context.began.elapsed();
    let route = context.route.get().unwrap_or("-");
    context.service.metrics.count(method, route, status.as_u16(), took);
    let caller = context.caller.get();
    let principal = caller.map(Caller::principal);
    let (user, app) = (principal.and_then(Principal::user), principal.map(Principal::app));
    let tenant = caller.map(|caller| tracing::field::display(caller.tenant()));
    // Of a token that was refused: names only, nothing that could be a secret.
    let turned_away = context.turned_away.get();
    let needed = turned_away.map(|(_, needed)| {
        needed.iter().map(|permission| permission.name()).collect::<Vec<_>>().join(" ")
    });
    tracing::info!(
        target: "esimpool::request",
        request_id = %context.request_id,
        client_request_id = context.client_request_id(),
        part_of = context.part_of.map(tracing::field::display),
        method,
        route,
        status = status.as_u16(),
        took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        tenant,
        user,
        app,
        refusal = context.refusal.get(),
        token_claims = turned_away.and_then(|(explanation, _)| explanation.claims()),
        token_permissions = turned_away.and_then(|(explanation, _)| explanation.permissions()),
        needed,
        "answered"
    );
}
