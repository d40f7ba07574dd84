//! Ids in the path. To clients an id is any string: one that is no GUID is the id of no entity.

use uuid::Uuid;

use crate::domain::{self, RequestId};
use crate::http::error::ApiError;
use crate::http::handler::Extract;
use crate::http::request::Request;
use crate::protocol::openapi::Description;
use crate::store::EntityKey;

/// The id of an entity that belongs to no pool.
pub(in crate::http) struct Id<T>(pub(in crate::http) T);

impl<T: From<Uuid>> Extract for Id<T> {
    async fn extract(request: &mut Request) -> Result<Self, ApiError> {
        Ok(Self(id(request, "id")))
    }

    fn describe(description: &mut Description) {
        description.takes_id("id", "The entity's id.");
    }
}

/// The id of a pool.
pub(in crate::http) struct PoolId(pub(in crate::http) domain::PoolId);

impl Extract for PoolId {
    async fn extract(request: &mut Request) -> Result<Self, ApiError> {
        Ok(Self(id(request, "pool")))
    }

    fn describe(description: &mut Description) {
        description.takes_id("pool", "The pool's id.");
    }
}

/// The key of an entity that belongs to a pool.
pub(in crate::http) struct InPool<Id>(pub(in crate::http) EntityKey<Id>);

impl<Id: From<Uuid>> Extract for InPool<Id> {
    async fn extract(request: &mut Request) -> Result<Self, ApiError> {
        Ok(Self(EntityKey { pool: id(request, "pool"), id: id(request, "id") }))
    }

    fn describe(description: &mut Description) {
        PoolId::describe(description);
        description.takes_id("id", "The entity's id.");
    }
}

/// The id of an earlier request, which was refused.
pub(in crate::http) struct RefusedRequestId(pub(in crate::http) RequestId);

impl Extract for RefusedRequestId {
    async fn extract(request: &mut Request) -> Result<Self, ApiError> {
        Ok(Self(id(request, "request")))
    }

    fn describe(description: &mut Description) {
        description.takes_id("request", "The request-id of an earlier response.");
    }
}

fn id<Id: From<Uuid>>(request: &Request, name: &str) -> Id {
    let text = request.id(name);
    let guid = if text.len() == 36 { Uuid::try_parse(text).ok() } else { None };
    // No entity has the nil GUID.
    guid.unwrap_or_default().into()
}
