//! A body as it arrives: within its size limit, and not too slow.

use std::time::{Duration, Instant};

use actix_web::http::header::CONTENT_LENGTH;
use futures_util::StreamExt;

use super::chunk::Chunk;
use super::decompress::Decompressor;
use crate::http::error::ApiError;
use crate::http::request::{BodySource, Request};

/// The minimum rate of a body. A slower client would hold memory that others wait for.
pub(in crate::http) const MIN_BYTES_PER_SECOND: usize = 64 * 1024;

/// A body, decompressed part after part.
pub(super) struct BodyStream {
    pub(super) receiver: BodyReceiver,
    pub(super) decompressor: Decompressor,
}

/// A body as it is received.
pub(in crate::http) struct BodyReceiver {
    body: BodySource,
    started: Instant,
    received_bytes: usize,
    timeout: Duration,
}

impl BodyStream {
    /// Takes the body of a request, of at most `limit` bytes when decompressed.
    pub(super) fn of(request: &mut Request, limit: usize) -> Result<Self, ApiError> {
        let headers = &request.head().headers;
        let announced = headers.get(CONTENT_LENGTH);
        let announced = announced.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        if announced.is_some_and(|length| length > limit as u64) {
            return Err(ApiError::BodyTooLarge { limit });
        }
        let decompressor = Decompressor::of(headers, limit)?;
        let receiver = BodyReceiver {
            body: std::mem::replace(&mut request.body, BodySource::Ended),
            started: Instant::now(),
            received_bytes: 0,
            timeout: request.context.service.limits.body_timeout,
        };
        Ok(Self { receiver, decompressor })
    }

    /// The next part, never an empty one; `None` at the end of the body.
    ///
    /// # Errors
    /// As [`BodyReceiver::receive`] and [`Decompressor::next`].
    pub(super) async fn next(&mut self) -> Result<Option<Chunk>, ApiError> {
        loop {
            if let Some(part) = self.decompressor.next()? {
                if self.decompressor.expands() {
                    // There may be much more: let other requests run.
                    tokio::task::yield_now().await;
                }
                return Ok(Some(part));
            }
            if self.receiver.has_ended() {
                return Ok(None);
            }
            let received = self.receiver.receive().await?;
            self.decompressor.feed(received);
        }
    }
}

impl BodyReceiver {
    /// Whether the end of the body has been received.
    pub(super) fn has_ended(&self) -> bool {
        matches!(self.body, BodySource::Ended)
    }

    /// The next chunk, never an empty one; `None` at the end of the body.
    ///
    /// # Errors
    /// The body is too slow, or its connection has ended.
    pub(in crate::http) async fn receive(&mut self) -> Result<Option<Chunk>, ApiError> {
        let received = match &mut self.body {
            BodySource::Ended => None,
            BodySource::Whole(body) => {
                let body = std::mem::take(body);
                Some(body).filter(|body| !body.is_empty()).map(Chunk::from)
            }
            BodySource::Stream(payload) => loop {
                let earned = (self.received_bytes / MIN_BYTES_PER_SECOND) as u64;
                let allowed = self.timeout + Duration::from_secs(earned);
                let left = allowed.saturating_sub(self.started.elapsed());
                let next = tokio::time::timeout(left, payload.next()).await;
                let Some(received) = next.map_err(|_| ApiError::BodyTimeout)? else { break None };
                let received = received.map_err(|_| ApiError::IncompleteBody)?;
                self.received_bytes += received.len();
                if !received.is_empty() {
                    break Some(received);
                }
            },
        };
        if received.is_none() {
            self.body = BodySource::Ended;
        }
        Ok(received)
    }
}
