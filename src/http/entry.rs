//! Where requests come in and answers leave, whatever their route: a request is named, its path is
//! put into one form, and when its answer leaves it is counted and leaves a line in the log.

use std::rc::Rc;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};

use super::base_url::{base_url, is_foreign};
use super::exchange::{Exchange, header};
use super::incoming::{Content, Head, Incoming};
use super::path::Address;
use super::table::Table;
use super::{ApiError, Service};
use crate::auth::{Caller, Principal};

/// Answers every request that reaches the listener.
pub async fn enter(request: HttpRequest, payload: web::Payload) -> HttpResponse {
    let service = request.app_data::<web::Data<Service>>().expect("the app has its service");
    let table = request.app_data::<Rc<Table>>().expect("the app has its routes").clone();
    let address = Address::parse(request.path());
    let base = base_url(&request, service) + address.prefix;
    let exchange = Rc::new(Exchange::new(Arc::clone(service), request.headers(), base));
    let method = request.method().clone();

    let response = if is_foreign(&request, service) {
        ApiError::Foreign.respond(&exchange)
    } else {
        let content = Content::Stream(payload.into_inner());
        let incoming = Incoming::new(Head::Wire(request), content, exchange.clone(), table.clone());
        table.answer(&address.segments, incoming).await
    };

    finish(&exchange, method.as_str(), response)
}

/// Gives an answer its names, counts it and logs it.
pub(super) fn finish(
    exchange: &Exchange,
    method: &str,
    mut response: HttpResponse,
) -> HttpResponse {
    let headers = response.headers_mut();
    let name = HeaderName::from_static;
    headers.insert(name("request-id"), header(&exchange.request_id));
    headers.insert(name("client-request-id"), exchange.client_request_id.clone());
    headers.insert(name("x-content-type-options"), HeaderValue::from_static("nosniff"));
    log(exchange, method, response.status());
    response
}

/// One line a request: no query, no body, no token, nothing that could be a secret.
fn log(exchange: &Exchange, method: &str, status: StatusCode) {
    let took = exchange.began.elapsed();
    let route = exchange.route.get().unwrap_or("-");
    exchange.service.metrics.count(method, route, status.as_u16(), took);
    let caller = exchange.caller.get();
    let principal = caller.map(Caller::principal);
    let (user, app) = (principal.and_then(Principal::user), principal.map(Principal::app));
    let tenant = caller.map(|caller| tracing::field::display(caller.tenant()));
    // Of a token that was refused: names only, nothing that could be a secret.
    let turned_away = exchange.turned_away.get();
    let needed = turned_away.map(|(_, needed)| {
        needed.iter().map(|permission| permission.name()).collect::<Vec<_>>().join(" ")
    });
    tracing::info!(
        target: "esimpool::request",
        request_id = %exchange.request_id,
        client_request_id = exchange.client_request_id(),
        part_of = exchange.part_of.map(tracing::field::display),
        method,
        route,
        status = status.as_u16(),
        took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        tenant,
        user,
        app,
        refusal = exchange.refusal.get(),
        token_claims = turned_away.and_then(|(explanation, _)| explanation.claims()),
        token_permissions = turned_away.and_then(|(explanation, _)| explanation.permissions()),
        needed,
        "answered"
    );
}
