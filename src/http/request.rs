//! A request on its way from the router to a handler.

use std::rc::Rc;

use actix_web::HttpRequest;
use actix_web::dev::{Payload, RequestHead};

use super::base_url::is_from_elsewhere;
use super::body_memory::{BodyReservation, NoBodyMemory};
use super::request_context::RequestContext;
use crate::auth::{Caller, IdempotencyKey};

/// A request, or a part of a batch.
pub(super) struct Request {
    head: Head,
    pub(super) body: BodySource,
    pub(super) context: Rc<RequestContext>,
    pub(super) ids: PathIds,
    /// The memory that the body takes until the response is made.
    reservation: BodyReservation,
    /// Set once the body is read, which is part of what the key stands for.
    pub(super) idempotency_key: Option<IdempotencyKey>,
}

/// The ids in the path of a request, by the names that the route table gives them.
pub(super) type PathIds = Vec<(&'static str, String)>;

/// Method, target and headers: of a request on the wire, or of a part of a batch.
pub(super) enum Head {
    Wire(HttpRequest),
    Part(Box<RequestHead>),
}

/// A body that is still to be read, or one that arrived with the batch.
pub(super) enum BodySource {
    Stream(Payload),
    Whole(Vec<u8>),
    /// Nothing is left of it.
    Ended,
}

impl Request {
    pub(super) fn new(head: Head, body: BodySource, context: Rc<RequestContext>) -> Self {
        Self {
            head,
            body,
            context,
            ids: PathIds::new(),
            reservation: BodyReservation::default(),
            idempotency_key: None,
        }
    }

    /// Reserves so many bytes of memory for the body and what it is parsed to, as a part of the
    /// caller's share.
    pub(super) async fn reserve(&mut self, bytes: usize) -> Result<(), NoBodyMemory> {
        let tenant = self.context.caller().map(Caller::tenant);
        let memory = &self.context.service.body_memory;
        memory.enlarge(&mut self.reservation, tenant, bytes).await
    }

    /// Keeps the memory of the body for the response, which may repeat the body.
    pub(super) fn keep_reservation(&mut self) {
        self.context.reservation.keep_body(std::mem::take(&mut self.reservation));
    }

    pub(super) fn head(&self) -> &RequestHead {
        match &self.head {
            Head::Wire(request) => request.head(),
            Head::Part(head) => head,
        }
    }

    /// Whether the request came straight from this machine. A part of a batch did not.
    pub(super) fn is_local(&self) -> bool {
        match &self.head {
            Head::Wire(request) => !is_from_elsewhere(request, &self.context.service),
            Head::Part(_) => false,
        }
    }

    /// The query string, without the question mark.
    pub(super) fn query(&self) -> &str {
        self.head().uri.query().unwrap_or_default()
    }

    /// The text of the id called `name` in the path.
    pub(super) fn id(&self, name: &str) -> &str {
        let named = self.ids.iter().find(|(known, _)| *known == name);
        named.map_or("", |(_, text)| text.as_str())
    }
}
