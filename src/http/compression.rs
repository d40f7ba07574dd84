//! Answers packed with gzip, for clients that take it.

use std::io::Write;

use actix_web::http::header::{CONTENT_ENCODING, VARY};
use actix_web::{HttpResponse, HttpResponseBuilder};
use flate2::Compression;
use flate2::write::GzEncoder;

use super::request_context::RequestContext;
use crate::offload::offload;

/// Shorter answers fit into a packet or two as they are.
const WORTHWHILE: usize = 1024;
/// So many bytes are packed in about the time that one thing worth counting is written in.
const BYTES_AN_ITEM: usize = 64;

/// The finished answer, packed if the client takes it so and it is long enough to be worth it.
pub(super) async fn compressed(
    mut response: HttpResponseBuilder,
    context: &RequestContext,
    text: Vec<u8>,
) -> HttpResponse {
    response.insert_header((VARY, "Accept-Encoding"));
    if !context.preferences.gzip || text.len() < WORTHWHILE {
        return response.body(text);
    }
    let packed = offload(text.len() / BYTES_AN_ITEM, move || {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&text).and_then(|()| encoder.finish())
    });
    let packed = packed.await.expect("memory takes all that is written");
    response.insert_header((CONTENT_ENCODING, "gzip")).body(packed)
}
