//! Responses compressed with gzip, for clients that accept it.

use actix_web::http::header::{CONTENT_ENCODING, VARY};
use actix_web::{HttpResponse, HttpResponseBuilder};
use flate2::Compression;

use super::gzip::{MIN_COMPRESSED_BYTES, gzip};
use super::request_context::RequestContext;
use super::sent_body::send;
use crate::offload::offload;

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
        return send(response, context, body);
    }
    let items = body.len() / BYTES_PER_ITEM;
    let compressed = offload(items, move || gzip(&body, Compression::fast())).await;
    response.insert_header((CONTENT_ENCODING, "gzip"));
    send(response, context, compressed)
}
