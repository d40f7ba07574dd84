//! What the audit log says of a pool.

use crate::domain::{Activity, AuditDraft, DisplayName, PoolId};

pub(super) fn audit(activity: Activity, id: PoolId, name: &DisplayName) -> AuditDraft {
    AuditDraft::new(activity).on("embeddedSIMActivationCodePool", id.uuid(), Some(name.as_str()))
}
