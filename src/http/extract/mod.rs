//! What handlers can ask of a request. These and no others: actix's own answer faults in a
//! foreign shape, and read bodies without a budget.

mod body;
mod options;

use std::future::Future;
use std::sync::Arc;

use uuid::Uuid;

pub(super) use body::Body;
pub(super) use options::Page;

use super::guarded::Incoming;
use super::{ApiError, Service};
use crate::protocol::Links;

/// Something that a handler takes as an argument.
pub(super) trait Extract: Sized {
    /// Whether it looks at the query string.
    const READS_OPTIONS: bool = false;

    /// Takes it from the request.
    fn extract(incoming: &mut Incoming) -> impl Future<Output = Result<Self, ApiError>>;
}

impl Extract for Arc<Service> {
    async fn extract(incoming: &mut Incoming) -> Result<Self, ApiError> {
        Ok(incoming.exchange.service.clone())
    }
}

impl Extract for Links {
    async fn extract(incoming: &mut Incoming) -> Result<Self, ApiError> {
        Ok(incoming.exchange.links.clone())
    }
}

/// The pool that the path names.
pub(super) struct PoolId(pub(super) crate::domain::PoolId);

impl Extract for PoolId {
    async fn extract(incoming: &mut Incoming) -> Result<Self, ApiError> {
        Ok(Self(id(incoming, "pool")))
    }
}

/// An id in the path. To clients an id is any text: what is no GUID is an id that nothing has,
/// and nothing has the nil GUID.
fn id<Id: From<Uuid>>(incoming: &Incoming, name: &str) -> Id {
    let named = incoming.ids.iter().find(|(known, _)| *known == name);
    let text = named.map_or("", |(_, text)| text.as_str());
    let guid = if text.len() == 36 { Uuid::try_parse(text).ok() } else { None };
    guid.unwrap_or_default().into()
}
