//! `If-Match`: the revisions of an entity that the client allows to be changed.

use actix_web::http::header::IF_MATCH;

use crate::http::error::ApiError;
use crate::http::handler::Extract;
use crate::http::request::Request;
use crate::protocol::openapi::Description;
use crate::store::Precondition;

/// The precondition of a change.
pub(in crate::http) struct IfMatch(pub(in crate::http) Precondition);

impl Extract for IfMatch {
    async fn extract(request: &mut Request) -> Result<Self, ApiError> {
        let tags = request.head().headers.get_all(IF_MATCH);
        let tags: Vec<_> =
            tags.filter_map(|tags| tags.to_str().ok()).flat_map(|tags| tags.split(',')).collect();
        if tags.is_empty() || tags.iter().any(|tag| tag.trim() == "*") {
            return Ok(Self(Precondition::Any));
        }
        // A tag that this service never gave is a revision that no entity has.
        Ok(Self(Precondition::Revisions(tags.into_iter().filter_map(revision).collect())))
    }

    fn describe(description: &mut Description) {
        description.takes_tag();
    }
}

fn revision(tag: &str) -> Option<i64> {
    let tag = tag.trim();
    let tag = tag.strip_prefix("W/").unwrap_or(tag);
    tag.strip_prefix('"')?.strip_suffix('"')?.parse().ok()
}
