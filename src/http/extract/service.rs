//! What the service offers to every handler: the store, the clock, new ids, links and limits.

use std::rc::Rc;
use std::sync::Arc;

use crate::clock::Clock;
use crate::domain::{ChangeContext, IdGenerator};
use crate::http::error::ApiError;
use crate::http::handler::Extract;
use crate::http::page_bytes::PageBytes;
use crate::http::request::Request;
use crate::http::request_context::RequestContext;
use crate::http::service::{Development, Limits, Service};
use crate::protocol::{Links, openapi};
use crate::store::Store;

impl Extract for Store {
    async fn extract(request: &mut Request) -> Result<Self, ApiError> {
        Ok(request.context.service.store.clone())
    }
}

impl Extract for Clock {
    async fn extract(request: &mut Request) -> Result<Self, ApiError> {
        Ok(request.context.service.clock)
    }
}

impl Extract for Limits {
    async fn extract(request: &mut Request) -> Result<Self, ApiError> {
        Ok(request.context.service.limits)
    }
}

impl Extract for PageBytes {
    async fn extract(request: &mut Request) -> Result<Self, ApiError> {
        Ok(request.context.page_bytes)
    }
}

/// The limits that the OpenAPI document states.
impl Extract for openapi::Limits {
    async fn extract(request: &mut Request) -> Result<Self, ApiError> {
        let Service { rules, limits, .. } = &*request.context.service;
        Ok(Self { rules: *rules, pages: limits.page_sizes(None) })
    }
}

impl Extract for Links {
    async fn extract(request: &mut Request) -> Result<Self, ApiError> {
        Ok(request.context.links.clone())
    }
}

/// The context of the change that the request asks for. Taken after the body, so that the change is
/// dated by when it is made.
impl Extract for ChangeContext {
    async fn extract(request: &mut Request) -> Result<Self, ApiError> {
        let Service { clock, ids, .. } = &*request.context.service;
        Ok(Self { at: clock.now(), event: ids.next() })
    }
}

/// The development issuer, which routes that exist only while it is on can take.
impl Extract for Arc<Development> {
    async fn extract(request: &mut Request) -> Result<Self, ApiError> {
        request.context.service.development.clone().ok_or(ApiError::NotFound)
    }
}

/// For routes about the service itself.
impl Extract for Arc<Service> {
    async fn extract(request: &mut Request) -> Result<Self, ApiError> {
        Ok(request.context.service.clone())
    }
}

/// For routes that make requests of their own.
impl Extract for Rc<RequestContext> {
    async fn extract(request: &mut Request) -> Result<Self, ApiError> {
        Ok(request.context.clone())
    }
}

/// The context of a change that creates entities, with the source of their ids.
pub(in crate::http) struct Creation {
    pub(in crate::http) change: ChangeContext,
    pub(in crate::http) ids: IdGenerator,
}

impl Extract for Creation {
    async fn extract(request: &mut Request) -> Result<Self, ApiError> {
        Ok(Self {
            change: ChangeContext::extract(request).await?,
            ids: request.context.service.ids.clone(),
        })
    }
}
