//! What handlers can ask of a request. These and no others: actix's own answer faults in a
//! foreign shape, and read bodies without a budget.

mod body;
mod body_stream;
mod content_type;
mod csv;
mod decompress;

use std::future::Future;
use std::sync::Arc;

use actix_web::http::header::IF_MATCH;
use uuid::Uuid;

pub(super) use body::{Body, read as read_body};
pub(super) use body_stream::Part;
pub(super) use csv::Csv;

use super::request::Request;
use super::{ApiError, Service};
use crate::protocol::openapi::Description;
use crate::protocol::{FromQuery, Links, PageSizes, QueryOptions};
use crate::store::{EntityKey, Precondition};

/// Something that a handler takes as an argument.
pub(super) trait Extract: Sized {
    /// Whether it looks at the query string.
    const READS_OPTIONS: bool = false;

    /// Takes it from the request.
    fn extract(request: &mut Request) -> impl Future<Output = Result<Self, ApiError>>;

    /// Says in the OpenAPI document what it takes.
    fn describe(_: &mut Description) {}
}

impl Extract for Arc<Service> {
    async fn extract(request: &mut Request) -> Result<Self, ApiError> {
        Ok(request.context.service.clone())
    }
}

impl Extract for Links {
    async fn extract(request: &mut Request) -> Result<Self, ApiError> {
        Ok(request.context.links.clone())
    }
}

/// The query options, all of them.
pub(super) struct Query<T>(pub(super) T);

impl<T: FromQuery> Extract for Query<T> {
    const READS_OPTIONS: bool = true;

    async fn extract(request: &mut Request) -> Result<Self, ApiError> {
        let options = QueryOptions::parse(request.query())?;
        let limits = request.context.service.limits;
        let sizes = PageSizes {
            default: limits.top_default,
            most: limits.top_max,
            preferred: request.context.preferences.page_size,
        };
        Ok(Self(T::from_query(options, sizes)?))
    }

    fn describe(description: &mut Description) {
        description.takes_options::<T>();
    }
}

/// The entity that the path names, where it belongs to no pool.
pub(super) struct Id<T>(pub(super) T);

impl<T: From<Uuid>> Extract for Id<T> {
    async fn extract(request: &mut Request) -> Result<Self, ApiError> {
        Ok(Self(id(request, "id")))
    }

    fn describe(description: &mut Description) {
        description.takes_id("id", "Its id.");
    }
}

/// The pool that the path names.
pub(super) struct PoolId(pub(super) crate::domain::PoolId);

impl Extract for PoolId {
    async fn extract(request: &mut Request) -> Result<Self, ApiError> {
        Ok(Self(id(request, "pool")))
    }

    fn describe(description: &mut Description) {
        description.takes_id("pool", "The pool's id.");
    }
}

/// The entity of a pool that the path names.
pub(super) struct InPool<Id>(pub(super) EntityKey<Id>);

impl<Id: From<Uuid>> Extract for InPool<Id> {
    async fn extract(request: &mut Request) -> Result<Self, ApiError> {
        Ok(Self(EntityKey { pool: id(request, "pool"), id: id(request, "id") }))
    }

    fn describe(description: &mut Description) {
        PoolId::describe(description);
        description.takes_id("id", "Its own id.");
    }
}

/// The request that the path names.
pub(super) struct RequestName(pub(super) crate::domain::RequestId);

impl Extract for RequestName {
    async fn extract(request: &mut Request) -> Result<Self, ApiError> {
        Ok(Self(id(request, "request")))
    }

    fn describe(description: &mut Description) {
        description.takes_id("request", "The request-id of an earlier answer.");
    }
}

/// An id in the path. To clients an id is any text: what is no GUID is an id that nothing has,
/// and nothing has the nil GUID.
fn id<Id: From<Uuid>>(request: &Request, name: &str) -> Id {
    let named = request.ids.iter().find(|(known, _)| *known == name);
    let text = named.map_or("", |(_, text)| text.as_str());
    let guid = if text.len() == 36 { Uuid::try_parse(text).ok() } else { None };
    guid.unwrap_or_default().into()
}

/// `If-Match`: what the caller knows of the entity that it wants to change.
pub(super) struct IfMatch(pub(super) Precondition);

impl Extract for IfMatch {
    async fn extract(request: &mut Request) -> Result<Self, ApiError> {
        let tags = request.head().headers.get_all(IF_MATCH);
        let tags: Vec<_> =
            tags.filter_map(|tags| tags.to_str().ok()).flat_map(|tags| tags.split(',')).collect();
        if tags.is_empty() || tags.iter().any(|tag| tag.trim() == "*") {
            return Ok(Self(Precondition::Any));
        }
        // A tag that is none of ours is a revision that nothing has.
        let revision = |tag: &str| {
            let tag = tag.trim();
            let tag = tag.strip_prefix("W/").unwrap_or(tag);
            tag.strip_prefix('"')?.strip_suffix('"')?.parse().ok()
        };
        Ok(Self(Precondition::Revisions(tags.into_iter().filter_map(revision).collect())))
    }

    fn describe(description: &mut Description) {
        description.takes_tag();
    }
}
