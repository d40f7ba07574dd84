//! What is known of a request beside its own content, from its arrival to its log line.

use std::cell::{Cell, OnceCell};
use std::sync::Arc;
use std::time::Instant;

use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use tracing::Span;
use tracing::field::{Empty, Value, display};

use super::cross_origin::CrossOrigin;
use super::page_bytes::PageBytes;
use super::preferences::Preferences;
use super::response_memory::{NoResponseMemory, ResponseReservation};
use super::service::Service;
use crate::auth::{Caller, Explanation, Permission};
use crate::domain::RequestId;
use crate::protocol::Links;

/// The longest `client-request-id` that is echoed and logged, in characters.
const MAX_CLIENT_REQUEST_ID: usize = 128;

/// The context of one request, or of one part of a batch.
pub(super) struct RequestContext {
    pub(super) service: Arc<Service>,
    pub(super) request_id: RequestId,
    /// The id of the batch that the request is a part of.
    pub(super) part_of: Option<RequestId>,
    /// The client's own id of the request, else `request_id`.
    pub(super) client_request_id: HeaderValue,
    pub(super) links: Links,
    pub(super) preferences: Preferences,
    /// The longest page that the response may be.
    pub(super) page_bytes: PageBytes,
    /// The memory of the response.
    pub(super) reservation: ResponseReservation,
    pub(super) started: Instant,
    /// The request's span: disabled unless a subscriber wants `esimpool::request` at debug level.
    pub(super) span: Span,
    /// The name of the check that the caller's token failed, or OAuth's error.
    pub(super) refusal: Cell<Option<&'static str>>,
    /// Why the caller was refused, in full.
    pub(super) denial: OnceCell<Explanation>,
    /// The permissions of which the route needs one; empty if it needs none.
    pub(super) needed: Cell<&'static [Permission]>,
    pub(super) authorization: Option<HeaderValue>,
    /// Which pages may read the response.
    pub(super) cross_origin: Cell<CrossOrigin>,
    route: Cell<Option<&'static str>>,
    caller: OnceCell<Caller>,
}

impl RequestContext {
    /// The context of a new request, whose links begin with `base`.
    pub(super) fn new(
        service: Arc<Service>,
        method: &str,
        headers: &HeaderMap,
        base: String,
    ) -> Self {
        let request_id: RequestId = service.ids.next();
        let client_request_id = headers.get("client-request-id").filter(|id| is_request_id(id));
        let preferences = Preferences::of(headers);
        // The macro evaluates its fields only where a subscriber wants the span.
        let span = tracing::debug_span!(
            target: "esimpool::request",
            "request",
            method,
            route = Empty,
            status = Empty,
            tenant = Empty,
            request_id = %request_id,
        );
        Self {
            client_request_id: client_request_id
                .cloned()
                .unwrap_or_else(|| header_value(request_id)),
            reservation: ResponseReservation::default(),
            page_bytes: PageBytes(service.limits.page_bytes),
            service,
            request_id,
            part_of: None,
            links: Links::new(base, preferences.metadata),
            preferences,
            started: Instant::now(),
            span,
            refusal: Cell::new(None),
            denial: OnceCell::new(),
            needed: Cell::new(&[]),
            authorization: headers.get(AUTHORIZATION).cloned(),
            cross_origin: Cell::default(),
            route: Cell::new(None),
            caller: OnceCell::new(),
        }
    }

    /// The context of a part of this batch. Its caller is the batch's `caller`, unless it has a
    /// token of its own.
    pub(super) fn for_part(&self, method: &str, headers: &HeaderMap, caller: Caller) -> Self {
        let base = self.links.base().to_owned();
        let mut part = Self::new(self.service.clone(), method, headers, base);
        part.part_of = Some(self.request_id);
        // The batch is compressed as one.
        part.preferences.gzip = false;
        if !headers.contains_key(AUTHORIZATION) {
            part.set_caller(caller);
            part.authorization.clone_from(&self.authorization);
        }
        part
    }

    /// Reserves memory for a response of at most so many entities, as a part of the caller's share.
    pub(super) async fn reserve(&self, entities: usize) -> Result<(), NoResponseMemory> {
        let tenant = self.caller().map(Caller::tenant);
        self.service.response_memory.reserve(&self.reservation, tenant, entities).await
    }

    /// The client's own id of the request, else `request_id`.
    pub(super) fn client_request_id(&self) -> &str {
        self.client_request_id.to_str().unwrap_or_default()
    }

    /// The path of the matched route, as the route table spells it.
    pub(super) fn route(&self) -> Option<&'static str> {
        self.route.get()
    }

    pub(super) fn set_route(&self, route: &'static str) {
        self.route.set(Some(route));
        self.record("route", route);
    }

    /// The caller, once the token is verified.
    pub(super) fn caller(&self) -> Option<&Caller> {
        self.caller.get()
    }

    /// Sets a field of the span. Costs nothing if the span is disabled.
    pub(super) fn record(&self, field: &str, value: impl Value) {
        if !self.span.is_disabled() {
            self.span.record(field, value);
        }
    }

    /// Sets the caller, if there is none yet, and returns it.
    pub(super) fn set_caller(&self, caller: Caller) -> &Caller {
        self.record("tenant", display(caller.tenant()));
        self.caller.get_or_init(|| caller)
    }
}

/// Whether a client's id may be echoed and logged: it is short, and visible ASCII.
fn is_request_id(value: &HeaderValue) -> bool {
    (1..=MAX_CLIENT_REQUEST_ID).contains(&value.len())
        && value.as_bytes().iter().all(u8::is_ascii_graphic)
}

/// A request id as a header's value.
pub(super) fn header_value(id: RequestId) -> HeaderValue {
    HeaderValue::from_str(&id.to_string()).expect("an id is visible ASCII")
}
