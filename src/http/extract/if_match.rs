//! `If-Match` and `If-None-Match` of a change: the revisions of an entity that the client allows to be
//! changed.

use actix_web::http::header::{HeaderMap, HeaderName, IF_MATCH, IF_NONE_MATCH};

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
        let headers = &request.head().headers;
        let allowed = Tags::of(headers, IF_MATCH);
        Ok(Self(match (allowed, Tags::of(headers, IF_NONE_MATCH)) {
            // The client wants nothing changed that exists.
            (_, Tags::Every) => Precondition::Revisions(Vec::new()),
            (Tags::Absent | Tags::Every, Tags::Absent) => Precondition::Any,
            (Tags::Absent | Tags::Every, Tags::Revisions(refused)) => Precondition::Except(refused),
            (Tags::Revisions(allowed), Tags::Absent) => Precondition::Revisions(allowed),
            (Tags::Revisions(mut allowed), Tags::Revisions(refused)) => {
                allowed.retain(|revision| !refused.contains(revision));
                Precondition::Revisions(allowed)
            }
        }))
    }

    fn describe(description: &mut Description) {
        description.takes_tag();
    }
}

/// What one of the two headers names.
enum Tags {
    Absent,
    /// `*`
    Every,
    Revisions(Vec<i64>),
}

impl Tags {
    fn of(headers: &HeaderMap, name: HeaderName) -> Self {
        let tags: Vec<_> = entity_tags(headers, name).collect();
        match tags.as_slice() {
            [] => Self::Absent,
            tags if tags.contains(&"*") => Self::Every,
            // A tag that this service never gave is a revision that no entity has.
            tags => Self::Revisions(tags.iter().filter_map(|tag| revision(tag)).collect()),
        }
    }
}

fn revision(tag: &str) -> Option<i64> {
    opaque(tag).strip_prefix('"')?.strip_suffix('"')?.parse().ok()
}
