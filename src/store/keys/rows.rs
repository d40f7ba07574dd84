//! Tenants' wrapped keys as rows.

use crate::store::db::row;
use crate::vault::{KeyId, WrappedKeys};

row! {
    pub(in crate::store) struct KeyRow {
        key_id: i32,
        pub(in crate::store) master_key_id: String,
        data_key: Vec<u8>,
        fingerprint_key: Vec<u8>,
    }
}

/// A tenant's keys, newest first.
pub(in crate::store) const WRAPPED_KEYS: &str =
    "select key_id, master_key_id, data_key, fingerprint_key
    from tenant_keys
    where tenant_id = $1
    order by key_id desc";

impl KeyRow {
    pub(in crate::store) fn wrapped(&self) -> WrappedKeys {
        WrappedKeys {
            id: KeyId(self.key_id),
            data: self.data_key.clone(),
            fingerprint: self.fingerprint_key.clone(),
        }
    }
}

/// Rows, newest first, as keys.
pub(in crate::store) fn all_wrapped(rows: &[KeyRow]) -> Vec<WrappedKeys> {
    rows.iter().map(KeyRow::wrapped).collect()
}
