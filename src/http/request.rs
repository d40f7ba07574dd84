//! A request between the router and its handler.

use std::rc::Rc;

use actix_web::HttpRequest;
use actix_web::dev::{Payload, RequestHead};

use super::body_memory::BodyReservation;
use super::request_context::RequestContext;
use super::router::{Ids, Router};
use crate::auth::IdempotencyKey;

/// A request on its way to a handler.
pub(super) struct Request {
    head: Head,
    pub(super) content: Content,
    pub(super) context: Rc<RequestContext>,
    /// Where it is answered, and where parts of a batch are.
    pub(super) table: Rc<Router>,
    /// The ids that its path names.
    pub(super) ids: Ids,
    /// The memory that the body takes, until the answer is made.
    pub(super) body: BodyReservation,
    /// What the caller says of sending it again, once its body is read.
    pub(super) idempotency_key: Option<IdempotencyKey>,
}

/// Verb, target and headers: of a request on the wire, or of a part of a batch.
pub(super) enum Head {
    Wire(HttpRequest),
    Part(Box<RequestHead>),
}

/// A body that has yet to be read, or one that came with the batch.
pub(super) enum Content {
    Stream(Payload),
    Whole(Vec<u8>),
}

impl Request {
    pub(super) fn new(
        head: Head,
        content: Content,
        context: Rc<RequestContext>,
        table: Rc<Router>,
    ) -> Self {
        let (ids, body) = (Ids::new(), BodyReservation::default());
        Self { head, content, context, table, ids, body, idempotency_key: None }
    }

    pub(super) fn head(&self) -> &RequestHead {
        match &self.head {
            Head::Wire(request) => request.head(),
            Head::Part(head) => head,
        }
    }

    pub(super) fn query(&self) -> &str {
        self.head().uri.query().unwrap_or_default()
    }
}
