//! When a change is made, and where it is written down.

use super::{EventId, Timestamp};

/// The moment of a change and the name of its entry in the audit log, both decided before it is
/// made: whoever loses sight of the commit can ask for the entry.
#[derive(Clone, Copy, Debug)]
pub struct ChangeContext {
    /// The moment.
    pub at: Timestamp,
    /// The entry.
    pub event: EventId,
}
