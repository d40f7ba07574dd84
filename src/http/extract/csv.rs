//! Imported files: read as they arrive, in little memory however long they are.

use super::body_stream::BodyStream;
use super::chunk::Chunk;
use super::content_type::check_content_type;
use crate::auth::IdempotencyKey;
use crate::http::error::ApiError;
use crate::http::handler::Extract;
use crate::http::idempotency::{BodyDigest, RequestKey};
use crate::http::media_type::CSV_FILE;
use crate::http::request::Request;
use crate::protocol::openapi::Description;

/// The memory that an import takes: the chunk that is being read, codes on their way to the disk,
/// and the index of those that are there.
const IMPORT_MEMORY_BYTES: usize = 16 * 1024 * 1024;

/// A body of type `text/csv`.
pub(in crate::http) struct Csv {
    stream: BodyStream,
    digest: Option<BodyDigest>,
}

impl Csv {
    /// The next chunk, or `None` at the end of the file.
    pub(in crate::http) async fn next(&mut self) -> Result<Option<Chunk>, ApiError> {
        let chunk = self.stream.next().await?;
        if let (Some(digest), Some(chunk)) = (&mut self.digest, &chunk) {
            digest.update(chunk);
        }
        Ok(chunk)
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
        service.body_memory.enlarge(&mut request.reservation, memory).await?;
        Ok(Self { stream, digest })
    }

    fn describe(description: &mut Description) {
        description.takes_csv();
    }
}
