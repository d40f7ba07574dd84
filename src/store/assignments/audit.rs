//! What the audit log says of assignments.

use crate::domain::{Activity, Assignment, AssignmentId, AuditDraft, PoolId, Target};

const POOL: &str = "embeddedSIMActivationCodePool";
const ASSIGNMENT: &str = "embeddedSIMActivationCodePoolAssignment";

/// An entry about a pool.
pub(super) fn of_pool(activity: Activity, pool: PoolId) -> AuditDraft {
    AuditDraft::new(activity).on(POOL, pool.uuid(), None)
}

/// An entry about an assignment, whose target changes.
pub(super) fn of_assignment(
    activity: Activity,
    pool: PoolId,
    assignment: &Assignment,
    [old, new]: [Option<&Target>; 2],
) -> AuditDraft {
    with_target(of_pool(activity, pool), assignment.id, [old, new])
}

/// Adds an assignment whose target changes.
pub(super) fn with_target(
    draft: AuditDraft,
    id: AssignmentId,
    targets: [Option<&Target>; 2],
) -> AuditDraft {
    let [old, new] = targets.map(|target| target.map(ToString::to_string));
    draft.on(ASSIGNMENT, id.uuid(), None).with("target", old, new)
}
