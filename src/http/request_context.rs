//! One request and its answer: what is known of it beside the handler.

use std::any::Any;
use std::cell::{Cell, OnceCell};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::dev::Extensions;
use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use actix_web::rt::net::TcpStream;

use super::Service;
use super::preferences::Preferences;
use crate::auth::{Caller, Explanation, Permission};
use crate::domain::RequestId;
use crate::protocol::Links;

/// What goes with a request from its first byte to its log line.
pub(super) struct RequestContext {
    pub(super) service: Arc<Service>,
    pub(super) request_id: RequestId,
    /// The batch that it is a part of.
    pub(super) part_of: Option<RequestId>,
    /// The name that the client gave the request, else ours.
    pub(super) client_request_id: HeaderValue,
    pub(super) links: Links,
    pub(super) preferences: Preferences,
    pub(super) began: Instant,
    /// The route that was found, as the table spells it.
    pub(super) route: Cell<Option<&'static str>>,
    /// Who it was, once that is known.
    pub(super) caller: OnceCell<Caller>,
    /// Why it was turned away, if it was.
    pub(super) refusal: Cell<Option<&'static str>>,
    /// The same at length, and what would have been needed.
    pub(super) turned_away: OnceCell<(Explanation, &'static [Permission])>,
    /// What it brought to say who it is.
    pub(super) authorization: Option<HeaderValue>,
}

impl RequestContext {
    pub(super) fn new(service: Arc<Service>, headers: &HeaderMap, base: String) -> Self {
        let request_id: RequestId = service.ids.next();
        let client_request_id = headers.get("client-request-id").filter(|id| is_request_id(id));
        let preferences = Preferences::of(headers);
        Self {
            client_request_id: client_request_id.cloned().unwrap_or_else(|| header(&request_id)),
            service,
            request_id,
            part_of: None,
            links: Links::new(base, preferences.metadata),
            preferences,
            began: Instant::now(),
            route: Cell::new(None),
            caller: OnceCell::new(),
            refusal: Cell::new(None),
            turned_away: OnceCell::new(),
            authorization: headers.get(AUTHORIZATION).cloned(),
        }
    }

    /// The context of a part of a batch. It speaks for whoever sent the batch, unless it brings a
    /// token of its own.
    pub(super) fn part(&self, headers: &HeaderMap, caller: Caller) -> Self {
        let mut part = Self::new(self.service.clone(), headers, self.links.base().to_owned());
        part.part_of = Some(self.request_id);
        // The batch is packed as a whole.
        part.preferences.gzip = false;
        if !headers.contains_key(AUTHORIZATION) {
            part.caller = OnceCell::from(caller);
            part.authorization.clone_from(&self.authorization);
        }
        part
    }

    /// The client's name for the request, as text.
    pub(super) fn client_request_id(&self) -> &str {
        self.client_request_id.to_str().unwrap_or_default()
    }
}

/// A name that may be echoed and logged: short, and visible ASCII.
fn is_request_id(value: &HeaderValue) -> bool {
    (1..=128).contains(&value.len()) && value.as_bytes().iter().all(u8::is_ascii_graphic)
}

/// An id as a header's value.
pub(super) fn header(id: &impl ToString) -> HeaderValue {
    HeaderValue::from_str(&id.to_string()).expect("an id is visible ASCII")
}

/// The address that a client connected to, which may be more exact than the listener's.
#[derive(Clone, Copy, Debug)]
pub(super) struct LocalAddress(pub(super) SocketAddr);

/// Notes the address that a client connected to; for the server's `on_connect`.
pub fn remember_local_address(connection: &dyn Any, data: &mut Extensions) {
    let plain = connection.downcast_ref::<TcpStream>();
    let tls = connection.downcast_ref::<TlsStream<TcpStream>>();
    let stream = plain.or_else(|| tls.map(|stream| stream.get_ref().0));
    if let Some(address) = stream.and_then(|stream| stream.local_addr().ok()) {
        data.insert(LocalAddress(address));
    }
}
