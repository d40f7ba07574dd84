//! Bodies compressed with gzip, decompressed a slice at a time, so that a small body that expands to a
//! large one is stopped at its limit and never held in memory.

use std::io::{self, BufRead, ErrorKind, Read};

use actix_web::http::header::{CONTENT_ENCODING, HeaderMap};
use flate2::bufread::MultiGzDecoder;

use super::chunk::Chunk;
use crate::http::error::ApiError;

/// How many bytes are decompressed at a time: less than a millisecond's work.
const SLICE_BYTES: usize = 64 * 1024;
/// How many times its compressed length a body may have when decompressed. Carriers' files and JSON
/// are compressed to a tenth, rarely to a thirtieth; gzip reaches 1,030.
const MAX_COMPRESSION: u64 = 200;
/// The decompressed bytes that [`MAX_COMPRESSION`] does not apply to: a short body may be repetitive.
const FREE_BYTES: u64 = 1024 * 1024;

/// Decompresses a body, or passes it on, within its limits.
pub(super) struct Decompressor {
    coding: Coding,
    /// The bytes of the body so far, decompressed.
    length: usize,
    limit: usize,
}

enum Coding {
    Identity(Chunk),
    Gzip(Box<MultiGzDecoder<Input>>),
}

/// What was received and is not decompressed yet.
#[derive(Default)]
struct Input {
    received: Chunk,
    ended: bool,
    consumed_bytes: u64,
}

impl Decompressor {
    /// The decompressor for the `Content-Encoding` in these headers, for at most `limit` bytes.
    ///
    /// # Errors
    /// [`ApiError::UnsupportedMediaType`] for other encodings than gzip.
    pub(super) fn of(headers: &HeaderMap, limit: usize) -> Result<Self, ApiError> {
        let coding = headers.get(CONTENT_ENCODING).map(|it| it.to_str().unwrap_or("unknown"));
        let coding = match coding.map(|coding| coding.trim().to_ascii_lowercase()).as_deref() {
            None | Some("identity") => Coding::Identity(Chunk::new()),
            Some("gzip" | "x-gzip") => {
                Coding::Gzip(Box::new(MultiGzDecoder::new(Input::default())))
            }
            Some(_) => {
                let message = "The only supported Content-Encoding is gzip.";
                return Err(ApiError::UnsupportedMediaType(message));
            }
        };
        Ok(Self { coding, length: 0, limit })
    }

    /// Whether the body expands.
    pub(super) fn expands(&self) -> bool {
        matches!(self.coding, Coding::Gzip(_))
    }

    /// The bytes of the body so far, decompressed.
    pub(super) fn length(&self) -> usize {
        self.length
    }

    /// Takes what was received, or `None` at the end of the body. Everything before has been taken out
    /// by [`next`](Self::next).
    pub(super) fn feed(&mut self, received: Option<Chunk>) {
        match &mut self.coding {
            Coding::Identity(waiting) => *waiting = received.unwrap_or_default(),
            Coding::Gzip(decoder) => {
                let input = decoder.get_mut();
                input.ended = received.is_none();
                input.received = received.unwrap_or_default();
            }
        }
    }

    /// The next part of the body, never an empty one: a slice if it was compressed, else what was
    /// received. `None` if more has to be received, or the body has ended.
    ///
    /// # Errors
    /// The body is too large, expands too much, is incomplete or not compressed as announced.
    pub(super) fn next(&mut self) -> Result<Option<Chunk>, ApiError> {
        let part = match &mut self.coding {
            Coding::Identity(waiting) => std::mem::take(waiting),
            Coding::Gzip(decoder) => slice(decoder)?,
        };
        self.length += part.len();
        if self.length > self.limit {
            return Err(ApiError::BodyTooLarge { limit: self.limit });
        }
        if let Coding::Gzip(decoder) = &self.coding {
            let allowed = MAX_COMPRESSION.saturating_mul(decoder.get_ref().consumed_bytes);
            if self.length as u64 > FREE_BYTES.saturating_add(allowed) {
                return Err(ApiError::BodyExpandsTooMuch { max: MAX_COMPRESSION });
            }
        }
        Ok(Some(part).filter(|part| !part.is_empty()))
    }
}

/// The next decompressed bytes; none if there is no more input.
fn slice(decoder: &mut MultiGzDecoder<Input>) -> Result<Chunk, ApiError> {
    let mut slice = vec![0; SLICE_BYTES];
    match decoder.read(&mut slice) {
        Ok(length) => {
            slice.truncate(length);
            Ok(slice.into())
        }
        Err(waits) if waits.kind() == ErrorKind::WouldBlock => Ok(Chunk::new()),
        Err(_) => Err(ApiError::IncompleteBody),
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.fill_buf()?.read(buffer)?;
        self.consume(length);
        Ok(length)
    }
}

impl BufRead for Input {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.received.is_empty() && !self.ended {
            return Err(ErrorKind::WouldBlock.into());
        }
        Ok(&self.received)
    }

    fn consume(&mut self, length: usize) {
        drop(self.received.split_to(length));
        self.consumed_bytes += length as u64;
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
    use flate2::write::GzEncoder;

    use super::{ApiError, Chunk, Decompressor, FREE_BYTES, SLICE_BYTES};

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(text).expect("memory takes all");
        encoder.finish().expect("memory takes all")
    }

    /// The body that these bytes are, received in parts of that length.
    fn body(bytes: &[u8], part: usize) -> Result<Vec<u8>, ApiError> {
        let mut headers = HeaderMap::new();
        let name = HeaderName::from_static("content-encoding");
        headers.insert(name, HeaderValue::from_static("gzip"));
        let mut decompressor = Decompressor::of(&headers, 1 << 30)?;
        let mut body = Vec::new();
        let parts = bytes.chunks(part).map(|part| Some(Chunk::copy_from_slice(part)));
        for part in parts.chain([None]) {
            decompressor.feed(part);
            while let Some(slice) = decompressor.next()? {
                assert!(slice.len() <= SLICE_BYTES);
                body.extend_from_slice(&slice);
            }
        }
        Ok(body)
    }

    #[test]
    fn a_body_does_not_depend_on_how_it_is_divided_and_may_have_several_members() {
        let text: Vec<u8> = (0..200_000_u32).flat_map(|n| n.to_string().into_bytes()).collect();
        let (begin, end) = text.split_at(text.len() / 3);
        let bytes = [gzip(begin), gzip(end)].concat();
        for part in [1, 7, 4096, bytes.len()] {
            assert_eq!(body(&bytes, part).expect("a body"), text, "{part}");
        }
        for length in [0, 5, bytes.len() / 2, bytes.len() - 1] {
            let cut = body(&bytes[..length], 1000);
            assert!(matches!(cut, Err(ApiError::IncompleteBody)), "{length}");
        }
    }

    #[test]
    fn a_body_that_expands_too_much_is_refused_after_the_free_bytes() {
        let free = usize::try_from(FREE_BYTES).expect("small");
        let repetitive = vec![b'x'; free];
        assert_eq!(body(&gzip(&repetitive), 4096).expect("a body").len(), free);
        let bomb = gzip(&vec![b'x'; 20 * free]);
        assert!(matches!(body(&bomb, 4096), Err(ApiError::BodyExpandsTooMuch { .. })));
    }
}
