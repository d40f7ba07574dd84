//! `If-None-Match`: the versions of a document that the client has.

use actix_web::http::header::{HeaderValue, IF_NONE_MATCH};

use crate::http::error::ApiError;
use crate::http::handler::Extract;
use crate::http::request::Request;
use crate::protocol::openapi::Description;

/// The entity tags that the client sent.
pub(in crate::http) struct IfNoneMatch(Vec<HeaderValue>);

impl Extract for IfNoneMatch {
    async fn extract(request: &mut Request) -> Result<Self, ApiError> {
        Ok(Self(request.head().headers.get_all(IF_NONE_MATCH).cloned().collect()))
    }

    fn describe(description: &mut Description) {
        description.takes_known_tags();
    }
}

impl IfNoneMatch {
    /// Whether one of them is `etag`, by the weak comparison (RFC 9110, section 13.1.2).
    pub(in crate::http) fn contains(&self, etag: &HeaderValue) -> bool {
        let etag = etag.to_str().map(opaque).unwrap_or_default();
        let tags = self.0.iter().filter_map(|value| value.to_str().ok());
        let mut tags = tags.flat_map(|value| value.split(',')).map(str::trim);
        tags.any(|tag| tag == "*" || opaque(tag) == etag)
    }
}

/// A tag without the mark of a weak one.
fn opaque(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::IfNoneMatch;

    #[test]
    fn tags_are_compared_weakly() {
        let etag = HeaderValue::from_static("W/\"a\"");
        for (sent, contained) in [
            (&["W/\"a\""][..], true),
            (&["\"a\""], true),
            (&["*"], true),
            (&["\"b\", W/\"a\""], true),
            (&["\"b\"", "\"a\""], true),
            (&["\"b\""], false),
            (&["a"], false),
            (&[""], false),
            (&[], false),
        ] {
            let known = IfNoneMatch(sent.iter().map(|it| HeaderValue::from_static(it)).collect());
            assert_eq!(known.contains(&etag), contained, "{sent:?}");
        }
    }
}
