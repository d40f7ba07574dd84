//! `GET …/{pool}/assignments/{id}`

use std::sync::Arc;

use crate::auth::{Permit, Read};
use crate::domain::{Assignment, AssignmentId};
use crate::http::error::ApiError;
use crate::http::extract::{InPool, Query};
use crate::http::reply::Found;
use crate::protocol::{Collection, EntityBody, EntityOptions, Links, Shape};
use crate::store::Store;

/// One assignment.
pub(in crate::http) async fn get(
    permit: Permit<Read>,
    Query(options): Query<EntityOptions<Assignment>>,
    InPool(key): InPool<AssignmentId>,
    store: Store,
    links: Links,
) -> Result<Found<Assignment>, ApiError> {
    let found = store.assignment(&permit, key).await?.ok_or(ApiError::NotFound)?;
    let shape = Arc::new(Shape::new(&links, options.select));
    let collection = Collection::Assignments(key.pool);
    let context = links.entity_context(collection, &shape.projection(&[]));
    Ok(Found(EntityBody::new(context, found, shape, ())))
}
