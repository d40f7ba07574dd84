//! Lists of entity tags in headers (RFC 9110, section 8.8.3). The tags of this service contain no comma.

use actix_web::http::header::{HeaderMap, HeaderName};

/// The tags in all headers of that name, or `*`.
pub(super) fn entity_tags(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let values = headers.get_all(name).filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim)
}

/// A tag without the mark of a weak one, as tags are compared here.
pub(super) fn opaque(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}
