//! What a caller and the audit log are told of lines that were compared with stored codes: a file of
//! guesses must not tell its sender which of them is the secret of a code.

use super::Checked;
use crate::auth::{Claim, Permit, Write};
use crate::domain::{Activity, AuditDraft, ChangeContext, ImportReport, PoolId};
use crate::store::error::StoreError;

impl Checked {
    /// The report of a check whose codes are not stored. Audited, as it tells of codes that are.
    pub async fn report(
        self,
        permit: &Permit<Write>,
        context: ChangeContext,
    ) -> Result<ImportReport, StoreError> {
        let report = for_caller(self.report, permit);
        let audit = audit_of_check(self.into.pool(), &report);
        self.store.audit("check import", permit, audit, context).await?;
        Ok(report)
    }
}

/// The entry of an import that stores nothing.
pub(super) fn audit_of_check(pool: PoolId, report: &ImportReport) -> AuditDraft {
    let name = report.pool.as_ref().map(|pool| pool.display_name.as_str());
    let audit = AuditDraft::new(Activity::CheckImport);
    with_counts(audit.on("embeddedSIMActivationCodePool", pool.uuid(), name), report)
}

/// A report as the caller may see it: only callers who may see secrets learn which lines were rejected
/// because of stored codes.
pub(super) fn for_caller(mut report: ImportReport, permit: &Permit<Write>) -> ImportReport {
    report.finish(permit.may::<Claim>());
    report
}

/// An audit entry that tells how many lines were compared with stored codes in vain.
pub(super) fn with_counts(audit: AuditDraft, report: &ImportReport) -> AuditDraft {
    let count = |count: u64| (count > 0).then(|| count.to_string());
    audit
        .with("duplicates", None, count(report.duplicates))
        .with("rejectedCount", None, count(report.rejected_count))
        .with("handedOutCount", None, count(report.handed_out_count))
}
