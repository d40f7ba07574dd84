//! What the answer to an import is made of again.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::{DisplayName, ImportReport, Pool, Rejection, Timestamp};

/// A report as it was. What it shows of values is masked.
#[derive(Deserialize, Serialize)]
pub(super) struct ReportMemo {
    id: Uuid,
    name: String,
    count: i32,
    created: i64,
    modified: i64,
    revision: i64,
    inserted: u64,
    duplicates: u64,
    rejected_count: u64,
    rejected: Vec<(u32, Option<u32>, String, String, String)>,
}

impl From<&ImportReport> for ReportMemo {
    fn from(report: &ImportReport) -> Self {
        let pool = report.pool.as_ref().expect("what was stored is in a pool");
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
            rejected: report.rejected.iter().map(rejected).collect(),
        }
    }
}

impl From<ReportMemo> for ImportReport {
    fn from(memo: ReportMemo) -> Self {
        let rejected =
            |(line, column, value, reason, hint)| Rejection { line, column, value, reason, hint };
        Self {
            pool: Some(Pool {
                id: memo.id.into(),
                display_name: DisplayName::stored(memo.name),
                code_count: memo.count,
                created_at: Timestamp::from_micros(memo.created),
                modified_at: Timestamp::from_micros(memo.modified),
                revision: memo.revision,
            }),
            inserted: memo.inserted,
            duplicates: memo.duplicates,
            rejected_count: memo.rejected_count,
            rejected: memo.rejected.into_iter().map(rejected).collect(),
        }
    }
}
