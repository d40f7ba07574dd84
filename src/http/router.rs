//! Finding a path's line in the route table. One matcher serves the wire and `$batch`, and knows
//! what Graph wants to hear of a path that is not there: the first segment that leads nowhere.

use std::rc::Rc;

use actix_web::HttpResponse;
use actix_web::http::Method;

use super::ApiError;
use super::request::Request;
use super::route::Route;
use super::routes::routes;

/// The route table, ready for requests.
pub struct Router {
    resources: Vec<Resource>,
}

/// A path, and what can be done there.
struct Resource {
    path: &'static str,
    routes: Vec<Route>,
}

/// The ids that a path names, by the names that the table gives them.
pub(super) type Ids = Vec<(&'static str, String)>;

/// What Graph's v1.0 has on the way to where the beta has pools.
const V1: &str = "/v1.0/deviceManagement";

/// What is nobody's id at the beginning of a path.
const ROOTS: [&str; 2] = ["beta", "v1.0"];

impl Router {
    /// The table of every route; those of development only if the development issuer is on.
    #[must_use]
    pub fn new(development: bool) -> Rc<Self> {
        let there = |route: &Route| development || !route.development;
        Rc::new(Self::of(routes().into_iter().filter(there).collect()))
    }

    fn of(routes: Vec<Route>) -> Self {
        let mut resources: Vec<Resource> = Vec::new();
        for route in routes {
            match resources.iter_mut().find(|resource| resource.path == route.path) {
                Some(resource) => resource.routes.push(route),
                None => resources.push(Resource { path: route.path, routes: vec![route] }),
            }
        }
        // Where a literal and an id could both stand, the literal comes first.
        resources.sort_by_key(|resource| resource.path.replace('{', "\u{10ffff}"));
        Self { resources }
    }

    /// The answer to a request for these segments, whatever happens.
    pub(super) async fn answer(&self, segments: &[String], mut request: Request) -> HttpResponse {
        let context = request.context.clone();
        let Some((resource, ids)) = self.find(segments) else {
            return ApiError::NoSuchSegment(self.stray(segments)).respond(&context);
        };
        context.route.set(Some(resource.path));
        let method = request.head().method.clone();
        let Some(route) = resource.routes.iter().find(|route| route.method == method) else {
            let allowed: Vec<Method> =
                resource.routes.iter().map(|route| route.method.clone()).collect();
            return ApiError::NoSuchMethod { allowed }.respond(&context);
        };
        request.ids = ids;
        route.answer(request).await
    }

    fn find(&self, segments: &[String]) -> Option<(&Resource, Ids)> {
        let root = segments.first().is_some_and(|first| ROOTS.contains(&first.as_str()));
        self.resources.iter().find_map(|resource| {
            if root && begins_with_id(resource.path) {
                return None;
            }
            let mut ids = Ids::new();
            let mut known = resource.path.split('/').skip(1);
            for segment in segments {
                match id_name(known.next()?) {
                    Ok(name) => ids.push((name, segment.clone())),
                    Err(literal) if literal == segment => {}
                    Err(_) => return None,
                }
            }
            known.next().is_none().then_some((resource, ids))
        })
    }

    /// The first segment that no known path goes on with; the last one of a path that ends early.
    fn stray(&self, segments: &[String]) -> String {
        let paths = self.resources.iter().map(|resource| resource.path).chain([V1]);
        // Those match as a whole or not at all: else they would go on from anything.
        let paths = paths.filter(|path| !begins_with_id(path));
        let mut candidates: Vec<_> = paths.map(|path| path.split('/').skip(1)).collect();
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

fn begins_with_id(path: &str) -> bool {
    path.starts_with("/{")
}

/// `{pool}` is the place of an id called pool; anything else stands for itself.
fn id_name(segment: &'static str) -> Result<&'static str, &'static str> {
    segment.strip_prefix('{').and_then(|name| name.strip_suffix('}')).ok_or(segment)
}
