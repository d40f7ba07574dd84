//! JSON bodies: read within their limits, and parsed off the async worker if they are long.

use super::body_stream::BodyStream;
use super::content_type::check_content_type;
use crate::http::body_memory::json_cost;
use crate::http::error::ApiError;
use crate::http::handler::Extract;
use crate::http::idempotency::RequestKey;
use crate::http::media_type::JSON;
use crate::http::request::Request;
use crate::offload::offload;
use crate::protocol::FromJson;
use crate::protocol::openapi::Description;

/// How many bytes of JSON are about as much work as one of [`offload`]'s items.
const BYTES_PER_ITEM: usize = 128;

/// What some editors and PowerShell put before a text in UTF-8. Parsers may pass over it (RFC 8259, section
/// 8.1), as Graph's does.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The JSON body as a domain type, every rule checked.
pub(in crate::http) struct Body<T>(pub(in crate::http) T);

impl<T: FromJson> Extract for Body<T> {
    async fn extract(request: &mut Request) -> Result<Self, ApiError> {
        check_content_type(request, &JSON, "The Content-Type must be application/json.")?;
        let key = RequestKey::of(request)?;
        let json = read(request, request.context.service.limits.body_bytes).await?;
        let rules = request.context.service.rules;
        // More objects than that are refused before they are parsed.
        request.reserve(json_cost(&json, rules.max_objects())).await?;
        let items = json.len() / BYTES_PER_ITEM;
        let parse = move || {
            let text = json.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&json);
            T::from_json(text, &rules).map(|body| (body, key.map(|key| key.with_body(&json))))
        };
        let (body, idempotency_key) = offload(items, parse).await?;
        request.idempotency_key = idempotency_key;
        Ok(Self(body))
    }

    fn describe(description: &mut Description) {
        description.takes_body::<T>();
    }
}

/// The complete body, of at most `limit` bytes and within the memory of all bodies.
pub(in crate::http) async fn read(
    request: &mut Request,
    limit: usize,
) -> Result<Vec<u8>, ApiError> {
    let mut stream = BodyStream::of(request, limit)?;
    let mut body = Vec::new();
    while let Some(chunk) = stream.next().await? {
        request.reserve(stream.decompressor.length()).await?;
        if body.is_empty() {
            // A body of one chunk is not copied.
            body = chunk.into();
        } else {
            body.extend_from_slice(&chunk);
        }
    }
    Ok(body)
}
