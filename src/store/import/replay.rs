//! The report of an import in the replay of its request.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::{
    DisplayName, ImportId, ImportReport, LineGroup, LineOutcome, Pool, PoolId, Rejection, Timestamp,
};

/// A report as it was. The values it quotes are masked.
#[derive(Deserialize, Serialize)]
pub(super) struct ReportReplay {
    /// `None` if the file had no new code for a new pool.
    pool: Option<PoolReplay>,
    import: Option<Uuid>,
    inserted: u64,
    duplicates: u64,
    rejected_count: u64,
    handed_out_count: u64,
    #[serde(default)]
    understood: Vec<(String, String)>,
    not_understood: Vec<String>,
    rejected: Vec<(u32, Option<u32>, String, String, String)>,
    groups: Vec<GroupReplay>,
}

#[derive(Deserialize, Serialize)]
struct PoolReplay {
    id: Uuid,
    name: String,
    count: i32,
    created: i64,
    modified: i64,
    revision: i64,
}

#[derive(Deserialize, Serialize)]
struct GroupReplay {
    known: bool,
    reason: String,
    hint: String,
    pool: Option<Uuid>,
    count: u64,
    first_line: Option<u32>,
}

impl From<&ImportReport> for ReportReplay {
    fn from(report: &ImportReport) -> Self {
        let rejected = |it: &Rejection| {
            (it.line, it.column, it.value.clone(), it.reason.clone(), it.hint.clone())
        };
        Self {
            pool: report.pool.as_ref().map(PoolReplay::from),
            import: report.import.map(ImportId::uuid),
            inserted: report.inserted,
            duplicates: report.duplicates,
            rejected_count: report.rejected_count,
            handed_out_count: report.handed_out_count,
            understood: report.understood.clone(),
            not_understood: report.not_understood.clone(),
            rejected: report.rejected.iter().map(rejected).collect(),
            groups: report.groups.iter().map(GroupReplay::from).collect(),
        }
    }
}

impl From<ReportReplay> for ImportReport {
    fn from(replay: ReportReplay) -> Self {
        let rejected =
            |(line, column, value, reason, hint)| Rejection { line, column, value, reason, hint };
        Self {
            pool: replay.pool.map(Pool::from),
            import: replay.import.map(Into::into),
            inserted: replay.inserted,
            duplicates: replay.duplicates,
            rejected_count: replay.rejected_count,
            handed_out_count: replay.handed_out_count,
            understood: replay.understood,
            not_understood: replay.not_understood,
            rejected: replay.rejected.into_iter().map(rejected).collect(),
            groups: replay.groups.into_iter().map(LineGroup::from).collect(),
            ..Self::default()
        }
    }
}

impl From<&Pool> for PoolReplay {
    fn from(pool: &Pool) -> Self {
        Self {
            id: pool.id.uuid(),
            name: pool.display_name.as_str().to_owned(),
            count: pool.code_count,
            created: pool.created_at.micros(),
            modified: pool.modified_at.micros(),
            revision: pool.revision,
        }
    }
}

impl From<PoolReplay> for Pool {
    fn from(replay: PoolReplay) -> Self {
        Self {
            id: replay.id.into(),
            display_name: DisplayName::stored(replay.name),
            code_count: replay.count,
            created_at: Timestamp::from_micros(replay.created),
            modified_at: Timestamp::from_micros(replay.modified),
            revision: replay.revision,
        }
    }
}

impl From<&LineGroup> for GroupReplay {
    fn from(group: &LineGroup) -> Self {
        Self {
            known: group.outcome == LineOutcome::Known,
            reason: group.reason.clone(),
            hint: group.hint.clone(),
            pool: group.pool.map(PoolId::uuid),
            count: group.count,
            first_line: group.first_line,
        }
    }
}

impl From<GroupReplay> for LineGroup {
    fn from(replay: GroupReplay) -> Self {
        let outcome = if replay.known { LineOutcome::Known } else { LineOutcome::Rejected };
        let GroupReplay { reason, hint, count, first_line, .. } = replay;
        Self { outcome, reason, hint, pool: replay.pool.map(Into::into), count, first_line }
    }
}
