//! The entry of every request that reaches the listener, whatever its route.

use std::rc::Rc;
use std::sync::Arc;

use actix_web::http::header::HeaderMap;
use actix_web::{HttpRequest, HttpResponse, web};
use tracing::Instrument;

use super::base_url::{base_url, is_remote};
use super::cors;
use super::error::ApiError;
use super::head_limits::check_head;
use super::path::Address;
use super::request::{BodySource, Head, Request};
use super::request_context::RequestContext;
use super::request_log::{finish, logged_verb};
use super::router::Router;
use super::service::Service;

/// The paths that tell whether the service is healthy, and nothing else.
const PROBES: [&str; 2] = ["livez", "readyz"];

/// The response to a request. The app's data must hold the [`Service`] and the [`Router`].
pub async fn dispatch(request: HttpRequest, payload: web::Payload) -> HttpResponse {
    let service = request.app_data::<web::Data<Service>>().expect("the app has its service");
    let router = request.app_data::<Rc<Router>>().expect("the app has its router").clone();
    let address = Address::parse(request.path());
    let base = base_url(&request, service) + address.prefix;
    let method = logged_verb(request.method());
    let checked = check_head(&request);
    let nothing = HeaderMap::new();
    // Nothing reads the headers of a head that is refused.
    let headers = if checked.is_ok() { request.headers() } else { &nothing };
    let context = RequestContext::new(Arc::clone(service), method, headers, base);
    let context = Rc::new(context);
    // What supervises the process may run anywhere, and call the service by any name.
    let supervises =
        matches!(address.segments.as_slice(), [only] if PROBES.contains(&only.as_str()));
    let checked =
        checked.and_then(|()| if supervises { Ok(()) } else { check_origin(&request, service) });

    let answered = async {
        let mut response = if let Err(error) = checked {
            error.respond(&context)
        } else {
            let body = BodySource::Stream(payload.into_inner());
            let request = Request::new(Head::Wire(request.clone()), body, context.clone());
            router.respond(&address.segments, request).await
        };
        cors::allow_reading(request.headers(), &context, &mut response);
        finish(&context, method, response)
    };
    answered.instrument(context.span.clone()).await
}

/// Refuses a caller that is not on this machine, where only those that are may call.
fn check_origin(request: &HttpRequest, service: &Service) -> Result<(), ApiError> {
    if is_remote(request, service) { Err(ApiError::RemoteCaller) } else { Ok(()) }
}
