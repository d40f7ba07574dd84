//! Finds the route of a path. One router serves the wire and `$batch`, and knows what Graph reports
//! for an unknown path: the first segment that leads nowhere.

use std::rc::{Rc, Weak};

use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::http::header::{ALLOW, HeaderValue};

use super::conditional;
use super::cors;
use super::cross_origin::CrossOrigin;
use super::error::ApiError;
use super::request::{PathIds, Request};
use super::route::{Operation, Route};

/// The routes, by path.
pub struct Router {
    resources: Vec<Resource>,
}

/// The routes of one path.
struct Resource {
    path: &'static str,
    routes: Vec<Route>,
}

/// A router that is still being built, for routes that need the others.
#[derive(Clone, Default)]
pub(super) struct RouterHandle(Weak<Router>);

/// First segments that are never the id of a tenant.
const ROOTS: [&str; 2] = ["beta", "v1.0"];

impl RouterHandle {
    /// The router. To be called only while it answers a request.
    pub(super) fn router(&self) -> Rc<Router> {
        self.0.upgrade().expect("a router outlives its requests")
    }
}

impl Router {
    /// The router over the routes that `routes` returns.
    pub(super) fn new(routes: impl FnOnce(&RouterHandle) -> Vec<Route>) -> Rc<Self> {
        Rc::new_cyclic(|router| Self::of(routes(&RouterHandle(router.clone()))))
    }

    fn of(routes: Vec<Route>) -> Self {
        let mut resources: Vec<Resource> = Vec::new();
        for route in routes {
            match resources.iter_mut().find(|resource| resource.path == route.path) {
                Some(resource) => resource.routes.push(route),
                None => resources.push(Resource { path: route.path, routes: vec![route] }),
            }
        }
        // Where both a literal and an id match, the literal wins.
        resources.sort_by_key(|resource| resource.path.replace('{', "\u{10ffff}"));
        Self { resources }
    }

    /// Every route as data.
    pub(super) fn operations(&self) -> Vec<Operation> {
        self.resources.iter().flat_map(|it| &it.routes).map(Route::operation).collect()
    }

    /// The response to a request for the path of these segments.
    pub(super) async fn respond(&self, segments: &[String], mut request: Request) -> HttpResponse {
        let context = request.context.clone();
        let found = self.find(segments);
        if let Some((resource, _)) = &found {
            context.set_route(resource.path);
            context.cross_origin.set(resource.cross_origin());
        }
        // Before all refusals, which a page could not read otherwise.
        let head = request.head();
        if cors::is_preflight(head)
            && cors::permits(context.cross_origin.get(), &head.headers, &context)
        {
            return cors::preflight(head);
        }
        let Some((resource, ids)) = found else {
            return ApiError::UnknownSegment(self.unknown_segment(segments)).respond(&context);
        };
        let method = request.head().method.clone();
        if method == Method::OPTIONS {
            return resource.options();
        }
        let Some(route) = resource.route(&method) else {
            let allowed = resource.allowed();
            return ApiError::MethodNotAllowed { allowed }.respond(&context);
        };
        request.ids = ids;
        // Only the routes of entities have tags: documents compare their own before they are built.
        let known = conditional::known_tags(request.head());
        let response = conditional::not_modified(route.respond(request).await, known.as_ref());
        if method == Method::HEAD { conditional::without_body(response) } else { response }
    }

    fn find(&self, segments: &[String]) -> Option<(&Resource, PathIds)> {
        let root = segments.first().is_some_and(|first| ROOTS.contains(&first.as_str()));
        self.resources.iter().find_map(|resource| {
            if root && begins_with_id(resource.path) {
                return None;
            }
            let mut ids = PathIds::new();
            let mut known = parts(resource.path).peekable();
            for (index, segment) in segments.iter().enumerate() {
                match id_name(known.next()?) {
                    Ok(name) if known.peek().is_none() && resource.with_rest() => {
                        ids.push((name, segments[index..].join("/")));
                        break;
                    }
                    Ok(name) => ids.push((name, segment.clone())),
                    Err(literal) if literal == segment => {}
                    Err(_) => return None,
                }
            }
            known.next().is_none().then_some((resource, ids))
        })
    }

    /// The first segment that no route has at its position; the last one of a path that is only the
    /// beginning of others.
    fn unknown_segment(&self, segments: &[String]) -> String {
        let paths = self.resources.iter().map(|resource| resource.path);
        // A path that begins with an id would match any first segment.
        let paths = paths.filter(|path| !begins_with_id(path));
        let mut candidates: Vec<_> = paths.map(parts).collect();
        for segment in segments {
            candidates.retain_mut(|known| {
                known.next().is_some_and(|known| known == segment || id_name(known).is_ok())
            });
            if candidates.is_empty() {
                return segment.clone();
            }
        }
        segments.last().cloned().unwrap_or_default()
    }
}

impl Resource {
    /// Whether the id at the end of the path stands for all further segments.
    fn with_rest(&self) -> bool {
        self.routes.iter().any(|route| route.with_rest)
    }

    /// Which pages may call the path from another origin.
    fn cross_origin(&self) -> CrossOrigin {
        self.routes.first().map(|route| route.cross_origin).unwrap_or_default()
    }

    /// The route of a method. HEAD is GET without the body (RFC 9110, section 9.3.2).
    fn route(&self, method: &Method) -> Option<&Route> {
        let method = if method == Method::HEAD { &Method::GET } else { method };
        self.routes.iter().find(|route| route.method == *method)
    }

    /// The methods that the path has.
    fn allowed(&self) -> Vec<Method> {
        let mut allowed: Vec<_> = self.routes.iter().map(|route| route.method.clone()).collect();
        if allowed.contains(&Method::GET) {
            allowed.push(Method::HEAD);
        }
        allowed.push(Method::OPTIONS);
        allowed
    }

    /// The response to OPTIONS, which needs no token: the OpenAPI document says the same.
    fn options(&self) -> HttpResponse {
        let allowed = self.allowed();
        let allowed = allowed.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
        let allowed = HeaderValue::try_from(allowed).expect("methods are visible ASCII");
        HttpResponse::Ok().insert_header((ALLOW, allowed)).finish()
    }
}

/// The segments of a path. The root has none.
fn parts(path: &'static str) -> impl Iterator<Item = &'static str> {
    path.split('/').filter(|part| !part.is_empty())
}

fn begins_with_id(path: &str) -> bool {
    path.starts_with("/{")
}

/// The name of the id that a segment of a route stands for, or the literal segment.
fn id_name(segment: &'static str) -> Result<&'static str, &'static str> {
    segment.strip_prefix('{').and_then(|name| name.strip_suffix('}')).ok_or(segment)
}
