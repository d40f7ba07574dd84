//! An assignment in the replay of the request that made it. The request itself has its target.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::{Assignment, Target};

#[derive(Deserialize, Serialize)]
pub(super) struct AssignmentReplay {
    id: Uuid,
    revision: i64,
}

impl From<&Assignment> for AssignmentReplay {
    fn from(assignment: &Assignment) -> Self {
        Self { id: assignment.id.uuid(), revision: assignment.revision }
    }
}

impl AssignmentReplay {
    pub(super) fn with(self, target: Target) -> Assignment {
        Assignment { id: self.id.into(), target, revision: self.revision }
    }
}
