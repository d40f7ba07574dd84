//! Bodies compressed with gzip, decompressed as they arrive, so that a small body that expands to a
//! large one is stopped at its limit.

use std::io::Write;

use actix_web::http::header::{CONTENT_ENCODING, HeaderMap};
use flate2::write::MultiGzDecoder;

use super::chunk::Chunk;
use crate::http::error::ApiError;

/// How many compressed bytes are decompressed at a time: into some four megabytes at most, since
/// gzip compresses a thousandfold at best.
const MAX_INPUT_BYTES: usize = 4096;

/// Decompresses a body, or passes it on.
pub(super) enum Decompressor {
    Identity,
    Gzip(Box<MultiGzDecoder<Vec<u8>>>),
}

impl Decompressor {
    /// The decompressor for the `Content-Encoding` in these headers.
    ///
    /// # Errors
    /// [`ApiError::UnsupportedMediaType`] for other encodings than gzip.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, ApiError> {
        let coding = headers.get(CONTENT_ENCODING).map(|it| it.to_str().unwrap_or("unknown"));
        match coding.map(|coding| coding.trim().to_ascii_lowercase()).as_deref() {
            None | Some("identity") => Ok(Self::Identity),
            Some("gzip" | "x-gzip") => Ok(Self::Gzip(Box::new(MultiGzDecoder::new(Vec::new())))),
            Some(_) => {
                Err(ApiError::UnsupportedMediaType("The only supported Content-Encoding is gzip."))
            }
        }
    }

    /// Decompresses the beginning of `input` and removes it from there.
    pub(super) async fn decompress(&mut self, input: &mut Chunk) -> Result<Chunk, ApiError> {
        match self {
            Self::Identity => Ok(std::mem::take(input)),
            Self::Gzip(decoder) => {
                let input = input.split_to(input.len().min(MAX_INPUT_BYTES));
                decoder.write_all(&input).map_err(|_| ApiError::IncompleteBody)?;
                // It may have expanded to megabytes: let other requests run.
                tokio::task::yield_now().await;
                Ok(std::mem::take(decoder.get_mut()).into())
            }
        }
    }

    /// The rest of the output, at the end of the input.
    pub(super) fn finish(&mut self) -> Result<Chunk, ApiError> {
        match self {
            Self::Identity => Ok(Chunk::new()),
            Self::Gzip(decoder) => {
                decoder.try_finish().map_err(|_| ApiError::IncompleteBody)?;
                Ok(std::mem::take(decoder.get_mut()).into())
            }
        }
    }
}
