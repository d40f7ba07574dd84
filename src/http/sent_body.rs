//! The body of a response on its way to a client that may be slow. It holds memory, which others wait
//! for: a client that reads too slowly does not get the rest.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use actix_web::body::{BodySize, MessageBody};
use actix_web::{HttpResponse, HttpResponseBuilder};

use super::extract::{Chunk, MIN_BYTES_PER_SECOND};
use super::request_context::RequestContext;
use super::response_memory::Held;

/// How much is handed to the connection at a time: what was handed over is copied there.
const CHUNK_BYTES: usize = 32 * 1024;
/// Shorter bodies fit into the buffers of the connection.
const MIN_WATCHED_BYTES: usize = 16 * 1024;

/// The finished response.
pub(super) fn send(
    mut response: HttpResponseBuilder,
    context: &RequestContext,
    body: Vec<u8>,
) -> HttpResponse {
    let body = Chunk::from(body);
    // The parts of a batch are sent with the batch.
    if context.part_of.is_some() {
        return response.body(body);
    }
    let held = context.reservation.take(body.len());
    if body.len() < MIN_WATCHED_BYTES {
        return response.body(body);
    }
    response.body(SentBody::new(body, held, context.service.limits.body_timeout))
}

/// A body that frees its memory when it is sent, or when its client is too slow.
struct SentBody {
    length: u64,
    /// `None` if the client was too slow.
    rest: Rc<RefCell<Option<Rest>>>,
}

/// What is still to be sent.
struct Rest {
    body: Chunk,
    sent_bytes: usize,
    /// Freed with it.
    _held: Held,
}

/// The client did not read for too long.
#[derive(Debug, thiserror::Error)]
#[error("the client reads too slowly")]
struct TooSlow;

impl SentBody {
    fn new(body: Chunk, held: Held, timeout: Duration) -> Self {
        let length = body.len() as u64;
        let rest = Rest { body, sent_bytes: 0, _held: held };
        let rest = Rc::new(RefCell::new(Some(rest)));
        // A connection that cannot send does not ask for more, so that the body itself would not
        // notice.
        actix_web::rt::spawn(watch(Rc::downgrade(&rest), timeout));
        Self { length, rest }
    }
}

/// Drops the rest of a body when its client is too slow.
async fn watch(rest: Weak<RefCell<Option<Rest>>>, timeout: Duration) {
    let started = Instant::now();
    loop {
        let Some(rest) = rest.upgrade() else { return };
        let sent = rest.borrow().as_ref().map_or(0, |rest| rest.sent_bytes);
        let earned = Duration::from_secs((sent / MIN_BYTES_PER_SECOND) as u64);
        let deadline = started + timeout + earned;
        if deadline <= Instant::now() {
            rest.take();
            return;
        }
        drop(rest);
        tokio::time::sleep_until(deadline.into()).await;
    }
}

impl MessageBody for SentBody {
    type Error = TooSlow;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.length)
    }

    fn poll_next(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Chunk, TooSlow>>> {
        let mut rest = self.rest.borrow_mut();
        let Some(Rest { body, sent_bytes, .. }) = &mut *rest else {
            return Poll::Ready(Some(Err(TooSlow)));
        };
        if body.is_empty() {
            return Poll::Ready(None);
        }
        let chunk = body.split_to(body.len().min(CHUNK_BYTES));
        *sent_bytes += chunk.len();
        Poll::Ready(Some(Ok(chunk)))
    }
}
