//! A page of a collection.

use serde::Serialize;

/// The answer to a list: the entities, and where the next page is. On the last page the link is
/// absent, never null: the JavaScript client trips over null.
#[derive(Serialize)]
pub struct Collection<T> {
    #[serde(rename = "@odata.context")]
    context: String,
    #[serde(rename = "@odata.nextLink", skip_serializing_if = "Option::is_none")]
    next_link: Option<String>,
    value: Vec<T>,
}

impl<T> Collection<T> {
    /// A page described by `context`, followed by `next_link` if there is more.
    #[must_use]
    pub fn new(context: String, value: Vec<T>, next_link: Option<String>) -> Self {
        Self { context, next_link, value }
    }
}
