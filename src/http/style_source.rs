//! The one style sheet that a page without scripts may have.

use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::protocol::SHEET_STYLE;

/// That of a sheet.
pub(super) static SHEET_STYLE_SOURCE: LazyLock<String> =
    LazyLock::new(|| style_source(SHEET_STYLE));

/// What a content security policy names an inline style sheet by: its digest.
pub(super) fn style_source(style: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(digest(&SHA256, style.as_bytes()).as_ref()))
}
