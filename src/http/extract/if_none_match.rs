//! `If-None-Match`: the versions of a document that the client has.

use actix_web::http::header::{HeaderMap, HeaderValue, IF_NONE_MATCH};

use super::entity_tags::{entity_tags, opaque};
use crate::http::error::ApiError;
use crate::http::handler::Extract;
use crate::http::request::Request;
use crate::protocol::openapi::Description;

/// The entity tags that the client sent.
pub(in crate::http) struct IfNoneMatch(Vec<String>);

impl Extract for IfNoneMatch {
    async fn extract(request: &mut Request) -> Result<Self, ApiError> {
        Ok(Self::of(&request.head().headers))
    }

    fn describe(description: &mut Description) {
        description.takes_known_tags();
    }
}

impl IfNoneMatch {
    pub(in crate::http) fn of(headers: &HeaderMap) -> Self {
        Self(entity_tags(headers, IF_NONE_MATCH).map(str::to_owned).collect())
    }

    /// Whether the client sent none.
    pub(in crate::http) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of them is `etag`, by the weak comparison (RFC 9110, section 13.1.2).
    pub(in crate::http) fn contains(&self, etag: &HeaderValue) -> bool {
        let etag = etag.to_str().map(opaque).unwrap_or_default();
        self.0.iter().any(|tag| tag == "*" || opaque(tag) == etag)
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderMap, HeaderValue, IF_NONE_MATCH};

    use super::IfNoneMatch;

    #[test]
    fn tags_are_compared_weakly() {
        let etag = HeaderValue::from_static("W/\"a\"");
        for (sent, contained) in [
            (&["W/\"a\""][..], true),
            (&["\"a\""], true),
            (&["*"], true),
            (&["W/*"], false),
            (&["\"b\", W/\"a\""], true),
            (&["\"b\"", "\"a\""], true),
            (&["\"b\""], false),
            (&["a"], false),
            (&[""], false),
            (&[], false),
        ] {
            let mut headers = HeaderMap::new();
            for value in sent {
                headers.append(IF_NONE_MATCH, HeaderValue::from_static(value));
            }
            let known = IfNoneMatch::of(&headers);
            assert_eq!(known.contains(&etag), contained, "{sent:?}");
        }
    }
}
