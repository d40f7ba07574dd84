//! What the client asks of the response: `Accept`, `Accept-Encoding` and `Prefer`.

mod accept;
mod accept_encoding;
mod list;
mod prefer;

use actix_web::http::header::HeaderMap;

pub(super) use prefer::Return;

use crate::protocol::MetadataLevel;
use accept::accepted_json;
pub(super) use accept::asks_for_html;
use accept_encoding::accepts_gzip;
use prefer::Prefer;

/// The preferences of one request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Preferences {
    /// Whether the client accepts JSON.
    pub(super) json: bool,
    pub(super) metadata: MetadataLevel,
    /// Whether the response may be compressed.
    pub(super) gzip: bool,
    pub(super) returns: Option<Return>,
    pub(super) page_size: Option<u32>,
}

impl Preferences {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let json = accepted_json(headers);
        let Prefer { returns, page_size } = Prefer::of(headers);
        Self {
            json: json.is_some(),
            metadata: json.unwrap_or_default(),
            gzip: accepts_gzip(headers),
            returns,
            page_size,
        }
    }
}
