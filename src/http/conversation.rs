//! What happens to every request, whatever its route: it is named, its path is put into one form,
//! and when its answer leaves it is counted and leaves a line in the log.

use std::rc::Rc;
use std::sync::Arc;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::http::{StatusCode, Uri};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, web};

use super::base_url::{base_url, is_foreign};
use super::exchange::{Exchange, header};
use super::path::normalise;
use super::{ApiError, Service};
use crate::auth::Principal;
use crate::protocol::Links;

/// Wraps the whole application.
pub async fn converse<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let service = request.app_data::<web::Data<Service>>().expect("the app has its service");
    let service = Arc::clone(service);
    let path = normalise(request.path());
    let base = base_url(&request, &service) + path.prefix;
    let foreign = is_foreign(&request, &service);
    let exchange = Rc::new(Exchange::new(service, request.headers(), Links::new(base)));
    request.extensions_mut().insert(exchange.clone());

    let mut response = if foreign {
        let refusal = ApiError::Foreign.respond(&exchange);
        request.into_response(refusal)
    } else {
        rewrite(&mut request, path.path);
        // Every service that `configure` installs answers by itself: no error comes out of here.
        next.call(request).await?.map_into_boxed_body()
    };

    let headers = response.headers_mut();
    let name = HeaderName::from_static;
    headers.insert(name("request-id"), header(&exchange.request_id));
    headers.insert(name("client-request-id"), exchange.client_request_id.clone());
    headers.insert(name("x-content-type-options"), HeaderValue::from_static("nosniff"));
    log(&exchange, response.request().method().as_str(), response.status());
    Ok(response)
}

/// Gives the router the path in its one form.
fn rewrite(request: &mut ServiceRequest, path: String) {
    let target = match request.uri().query() {
        Some(query) => format!("{path}?{query}"),
        None => path,
    };
    // Made of escaped segments and of a query that came in a URI: it is one.
    if let Ok(uri) = target.parse::<Uri>() {
        request.match_info_mut().get_mut().update(&uri);
        request.head_mut().uri = uri;
    }
}

/// One line a request: no query, no body, no token, nothing that could be a secret.
fn log(exchange: &Exchange, method: &str, status: StatusCode) {
    let took = exchange.began.elapsed();
    let route = exchange.route.get().unwrap_or("-");
    exchange.service.metrics.count(method, route, status.as_u16(), took);
    let caller = exchange.caller.get();
    let (user, app) = match caller.map(crate::auth::Caller::principal) {
        Some(Principal::User { user, app }) => (Some(user.as_str()), app.as_deref()),
        Some(Principal::Application { app }) => (None, Some(app.as_str())),
        None => (None, None),
    };
    let tenant = caller.map(|caller| tracing::field::display(caller.tenant()));
    tracing::info!(
        target: "esimpool::request",
        request_id = %exchange.request_id,
        client_request_id = exchange.client_request_id(),
        method,
        route,
        status = status.as_u16(),
        took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        tenant,
        user,
        app,
        refusal = exchange.refusal.get(),
        "answered"
    );
}
