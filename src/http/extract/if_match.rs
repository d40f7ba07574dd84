//! `If-Match`: the revisions of an entity that the client allows to be changed.

use actix_web::http::header::IF_MATCH;

use super::entity_tags::{entity_tags, opaque};
use crate::http::error::ApiError;
use crate::http::handler::Extract;
use crate::http::request::Request;
use crate::protocol::openapi::Description;
use crate::store::Precondition;

/// The precondition of a change.
pub(in crate::http) struct IfMatch(pub(in crate::http) Precondition);

impl Extract for IfMatch {
    async fn extract(request: &mut Request) -> Result<Self, ApiError> {
        let head = request.head();
        let tags: Vec<_> = entity_tags(&head.headers, IF_MATCH).collect();
        if tags.is_empty() || tags.contains(&"*") {
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
    opaque(tag).strip_prefix('"')?.strip_suffix('"')?.parse().ok()
}
