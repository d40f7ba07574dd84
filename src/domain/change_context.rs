//! When a change is made, and its entry in the audit log.

use super::{EventId, Timestamp};

/// The time of a change and the id of its audit event. Both are decided before the change, so that
/// an unknown commit can be looked up by the audit event.
#[derive(Clone, Copy, Debug)]
pub struct ChangeContext {
    /// The time of the change.
    pub at: Timestamp,
    /// The id of its audit event.
    pub event: EventId,
}
