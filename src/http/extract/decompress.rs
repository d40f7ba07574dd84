//! Bodies as they come, or packed with gzip: unpacked while they come, so that a small body that
//! becomes a large one is stopped at the cap.

use std::io::Write;

use actix_web::http::header::{CONTENT_ENCODING, HeaderMap};
use flate2::write::MultiGzDecoder;

use super::body_stream::Part;
use crate::http::ApiError;

/// A packed piece of this length becomes at most some four megabytes: gzip packs a thousand to one.
const PIECE: usize = 4096;

/// Takes a body's parts as they were sent, and gives them as they were meant.
pub(super) enum Decompressor {
    Plain,
    Gzip(Box<MultiGzDecoder<Vec<u8>>>),
}

impl Decompressor {
    /// What these headers announce.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, ApiError> {
        let coding = headers.get(CONTENT_ENCODING).map(|it| it.to_str().unwrap_or("unknown"));
        match coding.map(|coding| coding.trim().to_ascii_lowercase()).as_deref() {
            None | Some("identity") => Ok(Self::Plain),
            Some("gzip" | "x-gzip") => Ok(Self::Gzip(Box::new(MultiGzDecoder::new(Vec::new())))),
            Some(_) => Err(ApiError::UnsupportedMediaType(
                "The only Content-Encoding that is known is gzip.",
            )),
        }
    }

    /// Unpacks as much of what came as may be unpacked at a time, and takes it away from there.
    pub(super) async fn unpack(&mut self, came: &mut Part) -> Result<Part, ApiError> {
        match self {
            Self::Plain => Ok(std::mem::take(came)),
            Self::Gzip(decoder) => {
                let piece = came.split_to(came.len().min(PIECE));
                decoder.write_all(&piece).map_err(|_| ApiError::Incomplete)?;
                // The piece may have been a long one.
                tokio::task::yield_now().await;
                Ok(std::mem::take(decoder.get_mut()).into())
            }
        }
    }

    /// Nothing more comes: whatever was held back.
    pub(super) fn finish(&mut self) -> Result<Part, ApiError> {
        match self {
            Self::Plain => Ok(Part::new()),
            Self::Gzip(decoder) => {
                decoder.try_finish().map_err(|_| ApiError::Incomplete)?;
                Ok(std::mem::take(decoder.get_mut()).into())
            }
        }
    }
}
