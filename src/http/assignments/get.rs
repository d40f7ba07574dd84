//! `GET …/{pool}/assignments/{id}`

use std::sync::Arc;

use crate::auth::{Permit, Read};
use crate::domain::{Assignment, AssignmentId};
use crate::http::extract::{InPool, Query};
use crate::http::reply::Found;
use crate::http::{ApiError, Service};
use crate::protocol::{Body, Collection, EntityOptions, Links, Shape};

/// One assignment.
pub(in crate::http) async fn get(
    permit: Permit<Read>,
    Query(options): Query<EntityOptions<Assignment>>,
    InPool(key): InPool<AssignmentId>,
    service: Arc<Service>,
    links: Links,
) -> Result<Found<Assignment>, ApiError> {
    let found = service.store.assignment(&permit, key).await?.ok_or(ApiError::NotFound)?;
    let shape = Arc::new(Shape::new(&links, options.select));
    let collection = Collection::Assignments(key.pool);
    let context = links.entity_context(collection, &shape.projection(&[]));
    Ok(Found(Body::new(context, found, shape, ())))
}
