//! Files of codes: read while they come, in little memory however long they are.

use super::Extract;
use super::body_stream::{BodyStream, Part};
use super::content_type::check_content_type;
use crate::auth::IdempotencyKey;
use crate::http::ApiError;
use crate::http::idempotency::{Digest, Keyed};
use crate::http::media_type::CSV_FILE;
use crate::http::request::Request;
use crate::protocol::openapi::Description;

/// What reading a file takes of the memory for bodies, in bytes: the part that is being read, codes
/// on their way to the disk, and what is known of those that went there.
const MEMORY: usize = 16 * 1024 * 1024;

/// A body of type `text/csv`.
pub(in crate::http) struct Csv {
    flow: BodyStream,
    digest: Option<Digest>,
}

impl Csv {
    /// The next part; none when all of it came.
    pub(in crate::http) async fn next(&mut self) -> Result<Option<Part>, ApiError> {
        let part = self.flow.next().await?;
        if let (Some(digest), Some(part)) = (&mut self.digest, &part) {
            digest.update(part);
        }
        Ok(part)
    }

    /// What the caller says of sending it again, when all of it came.
    pub(in crate::http) fn idempotency_key(self) -> Option<IdempotencyKey> {
        self.digest.map(Digest::finish)
    }
}

impl Extract for Csv {
    async fn extract(request: &mut Request) -> Result<Self, ApiError> {
        let service = request.context.service.clone();
        check_content_type(request, &CSV_FILE, "The Content-Type must be text/csv.")?;
        let flow = BodyStream::of(request, service.limits.import_bytes)?;
        let digest = Keyed::of(request)?.map(Keyed::begin);
        let memory = MEMORY.min(service.limits.body_bytes);
        service.bodies.enlarge(&mut request.body, memory).await?;
        Ok(Self { flow, digest })
    }

    fn describe(description: &mut Description) {
        description.takes_csv();
    }
}
