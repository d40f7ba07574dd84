//! The export of a pool: its codes with their holders, one line each.

use super::listing::Listed;
use super::predicate::Value;
use super::{CodeField, PooledCode, Timestamp};

/// A code and its current or last holder. It has no field for the matching id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportLine {
    /// The code.
    pub code: PooledCode,
    /// When the code was handed out from this pool, if it was.
    pub claimed_at: Option<Timestamp>,
    /// The name of the holder's device.
    pub device_name: Option<String>,
    /// The primary user of the device.
    pub user_name: Option<String>,
    /// The identifier of the device's eUICC (EID).
    pub eid: Option<String>,
}

impl Listed for ExportLine {
    type Field = CodeField;

    fn value(&self, field: CodeField) -> Value {
        self.code.value(field)
    }
}
