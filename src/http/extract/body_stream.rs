//! A body as it arrives: decompressed, within its size limit, and not too slow.

use std::time::{Duration, Instant};

use actix_web::http::header::CONTENT_LENGTH;
use futures_util::StreamExt;

use super::chunk::Chunk;
use super::decompress::Decompressor;
use crate::http::error::ApiError;
use crate::http::request::{BodySource, Request};

/// The minimum rate of a body. A slower client would hold memory that others wait for.
const MIN_BYTES_PER_SECOND: usize = 64 * 1024;

/// A body, chunk after chunk.
pub(super) struct BodyStream {
    body: BodySource,
    decompressor: Decompressor,
    /// What was received and is not decompressed yet.
    compressed: Chunk,
    ended: bool,
    started: Instant,
    received_bytes: usize,
    /// The decompressed bytes so far.
    pub(super) length: usize,
    limit: usize,
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
        Ok(Self {
            decompressor: Decompressor::of(headers)?,
            body: std::mem::replace(&mut request.body, BodySource::Whole(Vec::new())),
            compressed: Chunk::new(),
            ended: false,
            started: Instant::now(),
            received_bytes: 0,
            length: 0,
            limit,
            timeout: request.context.service.limits.body_timeout,
        })
    }

    /// The next chunk, never an empty one; `None` at the end of the body.
    ///
    /// # Errors
    /// The body is too large, too slow, incomplete or not compressed as announced.
    pub(super) async fn next(&mut self) -> Result<Option<Chunk>, ApiError> {
        while !self.ended {
            if self.compressed.is_empty()
                && let Some(received) = self.receive().await?
            {
                self.compressed = received;
            }
            let chunk = if self.compressed.is_empty() {
                self.ended = true;
                self.decompressor.finish()?
            } else {
                self.decompressor.decompress(&mut self.compressed).await?
            };
            self.length += chunk.len();
            if self.length > self.limit {
                return Err(ApiError::BodyTooLarge { limit: self.limit });
            }
            if !chunk.is_empty() {
                return Ok(Some(chunk));
            }
        }
        Ok(None)
    }

    async fn receive(&mut self) -> Result<Option<Chunk>, ApiError> {
        let payload = match &mut self.body {
            BodySource::Stream(payload) => payload,
            BodySource::Whole(body) => {
                let body = std::mem::take(body);
                return Ok(Some(body).filter(|body| !body.is_empty()).map(Chunk::from));
            }
        };
        loop {
            let earned = Duration::from_secs((self.received_bytes / MIN_BYTES_PER_SECOND) as u64);
            let left = (self.timeout + earned).saturating_sub(self.started.elapsed());
            let next = tokio::time::timeout(left, payload.next()).await;
            let Some(received) = next.map_err(|_| ApiError::BodyTimeout)? else { return Ok(None) };
            let received = received.map_err(|_| ApiError::IncompleteBody)?;
            self.received_bytes += received.len();
            if !received.is_empty() {
                return Ok(Some(received));
            }
        }
    }
}
