//! The report of an import in the replay of its request.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::{DisplayName, ImportReport, Pool, Rejection, Timestamp};

/// A report as it was. The values it quotes are masked.
#[derive(Deserialize, Serialize)]
pub(super) struct ReportReplay {
    id: Uuid,
    name: String,
    count: i32,
    created: i64,
    modified: i64,
    revision: i64,
    inserted: u64,
    duplicates: u64,
    rejected_count: u64,
    handed_out_count: u64,
    not_understood: Vec<String>,
    rejected: Vec<(u32, Option<u32>, String, String, String)>,
}

impl From<&ImportReport> for ReportReplay {
    fn from(report: &ImportReport) -> Self {
        let pool = report.pool.as_ref().expect("a stored import has a pool");
        let rejected = |it: &Rejection| {
            (it.line, it.column, it.value.clone(), it.reason.clone(), it.hint.clone())
        };
        Self {
            id: pool.id.uuid(),
            name: pool.display_name.as_str().to_owned(),
            count: pool.code_count,
            created: pool.created_at.micros(),
            modified: pool.modified_at.micros(),
            revision: pool.revision,
            inserted: report.inserted,
            duplicates: report.duplicates,
            rejected_count: report.rejected_count,
            handed_out_count: report.handed_out_count,
            not_understood: report.not_understood.clone(),
            rejected: report.rejected.iter().map(rejected).collect(),
        }
    }
}

impl From<ReportReplay> for ImportReport {
    fn from(replay: ReportReplay) -> Self {
        let rejected =
            |(line, column, value, reason, hint)| Rejection { line, column, value, reason, hint };
        Self {
            pool: Some(Pool {
                id: replay.id.into(),
                display_name: DisplayName::stored(replay.name),
                code_count: replay.count,
                created_at: Timestamp::from_micros(replay.created),
                modified_at: Timestamp::from_micros(replay.modified),
                revision: replay.revision,
            }),
            inserted: replay.inserted,
            duplicates: replay.duplicates,
            rejected_count: replay.rejected_count,
            handed_out_count: replay.handed_out_count,
            not_understood: replay.not_understood,
            rejected: replay.rejected.into_iter().map(rejected).collect(),
            ..Self::default()
        }
    }
}
