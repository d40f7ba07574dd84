//! Responses compressed with gzip, for clients that accept it.

use std::io::Write;

use actix_web::http::header::{CONTENT_ENCODING, VARY};
use actix_web::{HttpResponse, HttpResponseBuilder};
use flate2::Compression;
use flate2::write::GzEncoder;

use super::request_context::RequestContext;
use crate::offload::offload;

/// Shorter bodies fit into a packet or two as they are.
const MIN_COMPRESSED_BYTES: usize = 1024;
/// How many bytes are about as much work as one of [`offload`]'s items.
const BYTES_PER_ITEM: usize = 64;

/// The finished response, compressed if the client accepts that and the body is long enough.
pub(super) async fn compressed(
    mut response: HttpResponseBuilder,
    context: &RequestContext,
    body: Vec<u8>,
) -> HttpResponse {
    response.insert_header((VARY, "Accept-Encoding"));
    if !context.preferences.gzip || body.len() < MIN_COMPRESSED_BYTES {
        return response.body(body);
    }
    let compressed = offload(body.len() / BYTES_PER_ITEM, move || {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&body).and_then(|()| encoder.finish())
    });
    let compressed = compressed.await.expect("writing to memory does not fail");
    response.insert_header((CONTENT_ENCODING, "gzip")).body(compressed)
}
