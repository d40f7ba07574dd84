//! Imported files: read as they arrive, in little memory however long they are.

use super::body_stream::{BodyReceiver, BodyStream};
use super::chunk::Chunk;
use super::content_type::check_content_type;
use super::decompress::Decompressor;
use crate::auth::IdempotencyKey;
use crate::http::error::ApiError;
use crate::http::handler::Extract;
use crate::http::idempotency::{BodyDigest, RequestKey};
use crate::http::media_type::CSV_FILE;
use crate::http::request::Request;
use crate::protocol::openapi::Description;

/// The memory that an import takes at most, whatever its file contains. While it is received, up to
/// 8,191 codes of 2 MiB are encrypted and looked up (some 8 MiB), and 128 Ki of their keys are collected
/// to be sorted (4 MiB). When it is checked, there are buffers of the sorted runs (2 to 4 MiB) and two
/// sets of 2^25 codes (4 MiB each). Beside these there are the report (1 MiB) and buffers of files and
/// statements (2 MiB). It is charged for the whole request.
pub(in crate::http) const IMPORT_MEMORY_BYTES: usize = 16 * 1024 * 1024;

/// A body of type `text/csv`, as it is received.
pub(in crate::http) struct Csv {
    /// Receives the bytes for [`CsvContent::feed`].
    pub(in crate::http) receiver: BodyReceiver,
    pub(in crate::http) content: CsvContent,
}

/// The content of such a body: what was received of it. Blocking, so that it can be moved off the
/// async worker.
pub(in crate::http) struct CsvContent {
    decompressor: Decompressor,
    digest: Option<BodyDigest>,
}

impl CsvContent {
    /// Whether reading it is so much work that it has to be moved off the async worker, whatever its
    /// length.
    pub(in crate::http) fn expands(&self) -> bool {
        self.decompressor.expands()
    }

    /// Takes what was received, or `None` at the end of the body.
    pub(in crate::http) fn feed(&mut self, received: Option<Chunk>) {
        self.decompressor.feed(received);
    }

    /// The next part of the file, or `None` if more of it has to be received.
    pub(in crate::http) fn next(&mut self) -> Result<Option<Chunk>, ApiError> {
        let part = self.decompressor.next()?;
        if let (Some(digest), Some(part)) = (&mut self.digest, &part) {
            digest.update(part);
        }
        Ok(part)
    }

    /// The request's idempotency key, if it has one. To be asked at the end of the file.
    pub(in crate::http) fn idempotency_key(self) -> Option<IdempotencyKey> {
        self.digest.map(BodyDigest::finish)
    }
}

impl Extract for Csv {
    async fn extract(request: &mut Request) -> Result<Self, ApiError> {
        let service = request.context.service.clone();
        check_content_type(request, &CSV_FILE, "The Content-Type must be text/csv.")?;
        let stream = BodyStream::of(request, service.limits.import_bytes)?;
        let digest = RequestKey::of(request)?.map(RequestKey::into_digest);
        let memory = IMPORT_MEMORY_BYTES.min(service.limits.body_bytes);
        request.reserve(memory).await?;
        let BodyStream { receiver, decompressor } = stream;
        Ok(Self { receiver, content: CsvContent { decompressor, digest } })
    }

    fn describe(description: &mut Description) {
        description.takes_csv();
    }
}
