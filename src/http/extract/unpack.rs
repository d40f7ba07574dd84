//! Bodies as they come, or packed with gzip: unpacked while they come, so that a small body that
//! becomes a large one is stopped at the cap.

use std::io::Write;

use actix_web::http::header::{CONTENT_ENCODING, HeaderMap};
use flate2::write::MultiGzDecoder;

use crate::http::ApiError;

/// A packed piece of this length becomes at most some four megabytes: gzip packs a thousand to one.
const PIECE: usize = 4096;

/// A body while it comes.
pub(super) enum Unpacker {
    Plain(Vec<u8>),
    Gzip(Box<MultiGzDecoder<Vec<u8>>>),
}

impl Unpacker {
    /// What these headers announce.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, ApiError> {
        let coding = headers.get(CONTENT_ENCODING).map(|it| it.to_str().unwrap_or("unknown"));
        match coding.map(|coding| coding.trim().to_ascii_lowercase()).as_deref() {
            None | Some("identity") => Ok(Self::Plain(Vec::new())),
            Some("gzip" | "x-gzip") => Ok(Self::Gzip(Box::new(MultiGzDecoder::new(Vec::new())))),
            Some(_) => Err(ApiError::UnsupportedMediaType(
                "The only Content-Encoding that is known is gzip.",
            )),
        }
    }

    /// What came, in pieces that may be taken one after the other.
    pub(super) fn pieces<'c>(&self, came: &'c [u8]) -> std::slice::Chunks<'c, u8> {
        came.chunks(match self {
            Self::Plain(_) => came.len().max(1),
            Self::Gzip(_) => PIECE,
        })
    }

    /// Takes a piece, and says how long the body is by now.
    pub(super) fn take(&mut self, piece: &[u8]) -> Result<usize, ApiError> {
        match self {
            Self::Plain(body) => {
                body.extend_from_slice(piece);
                Ok(body.len())
            }
            Self::Gzip(decoder) => {
                decoder.write_all(piece).map_err(|_| ApiError::Incomplete)?;
                Ok(decoder.get_ref().len())
            }
        }
    }

    /// The whole body.
    pub(super) fn finish(self) -> Result<Vec<u8>, ApiError> {
        match self {
            Self::Plain(body) => Ok(body),
            Self::Gzip(decoder) => decoder.finish().map_err(|_| ApiError::Incomplete),
        }
    }
}
