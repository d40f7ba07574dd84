//! Every operation, a line each. The router, the permission tests and the README read this table.

use std::rc::Rc;

use actix_web::http::Method;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

use super::exchange::Exchange;
use super::guarded::{AccessKind, Route, guarded, public};
use super::{ApiError, health, path, pools};
use crate::auth::{Read, Write};

const POOLS: &str = "/beta/deviceManagement/embeddedSIMActivationCodePools";
const POOL: &str = "/beta/deviceManagement/embeddedSIMActivationCodePools/{pool}";

/// What Graph's v1.0 has on the way to where the beta has pools.
const V1: &str = "/v1.0/deviceManagement";

/// The table.
fn routes() -> Vec<Route> {
    use Method as M;
    vec![
        guarded::<Read, _, _>("List pools", M::GET, POOLS, pools::list),
        guarded::<Write, _, _>("Create pool", M::POST, POOLS, pools::create),
        guarded::<Read, _, _>("Get pool", M::GET, POOL, pools::get),
        guarded::<Write, _, _>("Update pool", M::PATCH, POOL, pools::update),
        guarded::<Write, _, _>("Delete pool", M::DELETE, POOL, pools::delete),
        public("Liveness", M::GET, "/livez", health::livez),
        public("Readiness", M::GET, "/readyz", health::readyz),
    ]
}

/// An operation as data, for tests and documents.
#[derive(Clone, Debug)]
pub struct Operation {
    /// What it does.
    pub name: &'static str,
    /// Its verb.
    pub method: Method,
    /// Its path; `{pool}` stands for an id.
    pub path: &'static str,
    /// Who may use it.
    pub access: AccessKind,
}

/// Every operation there is.
#[must_use]
pub fn operations() -> Vec<Operation> {
    let operation = |route: Route| Operation {
        name: route.name,
        method: route.method,
        path: route.path,
        access: route.access,
    };
    routes().into_iter().map(operation).collect()
}

/// Installs the table.
pub fn configure(config: &mut ServiceConfig) {
    let mut resources: Vec<(&'static str, Vec<Route>)> = Vec::new();
    for route in routes() {
        match resources.iter_mut().find(|(path, _)| *path == route.path) {
            Some((_, routes)) => routes.push(route),
            None => resources.push((route.path, vec![route])),
        }
    }
    let paths: Rc<[&'static str]> = resources.iter().map(|(path, _)| *path).collect();
    for (path, routes) in resources {
        let allowed: Vec<Method> = routes.iter().map(|route| route.method.clone()).collect();
        let mut resource =
            web::resource(path).default_service(web::to(move |request: HttpRequest| {
                let exchange = Exchange::of(&request);
                exchange.route.set(Some(path));
                let refusal = ApiError::NoSuchMethod { allowed: allowed.clone() };
                async move { refusal.respond(&exchange) }
            }));
        for route in routes {
            let method = web::method(route.method.clone());
            resource =
                resource.route(method.to(move |request: HttpRequest, payload: web::Payload| {
                    let route = route.clone();
                    async move { route.answer(request, payload.into_inner()).await }
                }));
        }
        config.service(resource);
    }
    config.default_service(web::to(move |request: HttpRequest| {
        let paths = paths.clone();
        async move { no_such_segment(&request, &paths) }
    }));
}

/// Graph answers 400, not 404, for a path that it does not know, and names the first segment that
/// leads nowhere.
fn no_such_segment(request: &HttpRequest, paths: &[&'static str]) -> HttpResponse {
    let known = paths.iter().copied().chain([V1]);
    let mut candidates: Vec<_> = known.map(|path| path.split('/').skip(1)).collect();
    let mut stray = String::new();
    for segment in path::segments(request.path()) {
        candidates.retain_mut(|known| {
            known.next().is_some_and(|known| known == segment || known.starts_with('{'))
        });
        stray = segment;
        if candidates.is_empty() {
            break;
        }
    }
    ApiError::NoSuchSegment(stray).respond(&Exchange::of(request))
}
