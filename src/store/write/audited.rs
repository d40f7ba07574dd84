//! What is written together with a change: its audit entry, and its idempotency key.

use super::audit::{self, AuditEntry, Resources};
use super::idempotency::StoredKey;
use crate::domain::AuditDraft;
use crate::store::db::{BoundStatement, Dialect, Statement};
use crate::store::error::StoreError;

/// Who makes a change, and by which key a repetition is recognised.
#[derive(Clone, Debug)]
pub(in crate::store) struct WriteRecord {
    pub(in crate::store) entry: AuditEntry,
    pub(super) key: Option<StoredKey>,
}

impl WriteRecord {
    /// The record of a change that is never repeated by a key.
    pub(in crate::store) fn without_key(entry: AuditEntry) -> Self {
        Self { entry, key: None }
    }
}

/// A change with what is recorded about it.
#[derive(Debug)]
pub(in crate::store) struct AuditedWrite<'r> {
    pub(in crate::store) record: &'r WriteRecord,
    pub(in crate::store) audit: AuditDraft,
    /// What the answer to a repetition is made of.
    pub(in crate::store) replay: String,
}

/// Binds the statements of changes of one tenant, together with the records of these changes, to be
/// executed in one transaction.
pub(in crate::store) fn with_audit(
    dialect: Dialect,
    writes: &[AuditedWrite<'_>],
    statements: Vec<Statement<'_>>,
) -> Result<Vec<BoundStatement>, StoreError> {
    let entries: Vec<_> = writes.iter().map(|it| (&it.record.entry, &it.audit)).collect();
    let resources = Resources::of(writes.iter().map(|it| &it.audit));
    let mut all = statements;
    all.extend(audit::insert(&entries, &resources));
    all.extend(audit::insert_codes(&entries));
    all.extend(writes.iter().filter_map(|AuditedWrite { record, replay, .. }| {
        let key = record.key.as_ref()?;
        Some(key.insert(replay, record.entry.at()))
    }));
    Statement::chain(all, dialect)
}
