//! A body on its way in: unpacked, not too long, and not too slow.

use std::time::{Duration, Instant};

use actix_web::http::header::CONTENT_LENGTH;
use futures_util::StreamExt;

use super::decompress::Decompressor;
use crate::http::ApiError;
use crate::http::request::{Content, Request};

/// A part of a body.
#[expect(clippy::disallowed_types, reason = "here it has a cap and a pace")]
pub(in crate::http) type Part = actix_web::web::Bytes;

/// The slowest that a client may send, after a while.
const LEAST_BYTES_A_SECOND: usize = 64 * 1024;

/// A body, part after part.
pub(super) struct BodyStream {
    content: Content,
    unpacker: Decompressor,
    /// What came and is not unpacked yet.
    packed: Part,
    ended: bool,
    began: Instant,
    /// Bytes as they were sent.
    came: usize,
    /// Bytes as they were meant.
    pub(super) length: usize,
    limit: usize,
    patience: Duration,
}

impl BodyStream {
    /// The body of a request, which has none afterwards.
    pub(super) fn of(request: &mut Request, limit: usize) -> Result<Self, ApiError> {
        let headers = &request.head().headers;
        let announced = headers.get(CONTENT_LENGTH);
        let announced = announced.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        if announced.is_some_and(|length| length > limit as u64) {
            return Err(ApiError::TooLarge { limit });
        }
        Ok(Self {
            unpacker: Decompressor::of(headers)?,
            content: std::mem::replace(&mut request.content, Content::Whole(Vec::new())),
            packed: Part::new(),
            ended: false,
            began: Instant::now(),
            came: 0,
            length: 0,
            limit,
            patience: request.context.service.limits.body_pause,
        })
    }

    /// The next part; none when all of it came.
    pub(super) async fn next(&mut self) -> Result<Option<Part>, ApiError> {
        while !self.ended {
            if self.packed.is_empty()
                && let Some(sent) = self.receive().await?
            {
                self.packed = sent;
            }
            let part = if self.packed.is_empty() {
                self.ended = true;
                self.unpacker.finish()?
            } else {
                self.unpacker.unpack(&mut self.packed).await?
            };
            self.length += part.len();
            if self.length > self.limit {
                return Err(ApiError::TooLarge { limit: self.limit });
            }
            if !part.is_empty() {
                return Ok(Some(part));
            }
        }
        Ok(None)
    }

    async fn receive(&mut self) -> Result<Option<Part>, ApiError> {
        let payload = match &mut self.content {
            Content::Stream(payload) => payload,
            Content::Whole(body) => {
                return Ok(Some(std::mem::take(body)).filter(|it| !it.is_empty()).map(Part::from));
            }
        };
        loop {
            // Whoever sends less holds memory that others wait for.
            let earned = Duration::from_secs((self.came / LEAST_BYTES_A_SECOND) as u64);
            let left = (self.patience + earned).saturating_sub(self.began.elapsed());
            let next = tokio::time::timeout(left, payload.next()).await;
            let Some(sent) = next.map_err(|_| ApiError::TooSlow)? else { return Ok(None) };
            let sent = sent.map_err(|_| ApiError::Incomplete)?;
            self.came += sent.len();
            if !sent.is_empty() {
                return Ok(Some(sent));
            }
        }
    }
}
