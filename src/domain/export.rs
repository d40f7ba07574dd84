//! A pool's codes and who has them, line by line: what an inventory is made of.

use super::listing::{Listed, Value};
use super::{CodeField, PooledCode, Timestamp};

/// A code, and the device that has it or had it. It has no field for the matching id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportLine {
    /// The code.
    pub code: PooledCode,
    /// When it was handed out, if it was: from this pool.
    pub claimed_at: Option<Timestamp>,
    /// The device's name.
    pub device_name: Option<String>,
    /// Its primary user.
    pub user_name: Option<String>,
    /// The identifier of its eUICC (EID).
    pub eid: Option<String>,
}

impl Listed for ExportLine {
    type Field = CodeField;

    fn value(&self, field: CodeField) -> Value {
        self.code.value(field)
    }
}
