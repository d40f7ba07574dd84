//! Codes in the form that each engine takes.

use super::spool::SpooledCode;
use super::used::UsedRows;
use crate::domain::{ImportId, PoolId, TenantId, Timestamp};
use crate::store::codes::{self, SealedCodes};
use crate::store::db::{Bind, BoundStatement, Dialect, micros_since_2000};
use crate::store::error::StoreError;
use crate::vault::KeyId;

/// What all rows of an import have in common.
#[derive(Clone, Copy)]
pub(super) struct RowWriter {
    pub(super) tenant: TenantId,
    pub(super) pool: PoolId,
    pub(super) key_id: KeyId,
    pub(super) unique: bool,
    pub(super) at: Timestamp,
    pub(super) import: ImportId,
}

pub(super) const COPY: &str = "copy activation_codes
    (tenant_id, pool_id, position, id, iccid, smdp_address, matching_id, key_id, fingerprint,
     unique_iccid, state, state_changed_at, code_tail, confirmation_code, bound_eid, label,
     import_id)
    from stdin (format binary)";

impl RowWriter {
    /// The codes, none of which is used, in Postgres' binary COPY format: each field after its length.
    pub(super) fn for_copy(self, codes: &[SpooledCode], first_position: i32) -> Vec<u8> {
        const FIELDS: i16 = 17;
        let mut bytes = Vec::with_capacity(codes.len() * 256);
        let field = |bytes: &mut Vec<u8>, value: &[u8]| {
            let length =
                i32::try_from(value.len()).expect("a field far shorter than two gigabytes");
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(value);
        };
        let at = micros_since_2000(self.at).to_be_bytes();
        for (row, position) in codes.iter().map(|spooled| &spooled.code).zip(first_position..) {
            bytes.extend_from_slice(&FIELDS.to_be_bytes());
            field(&mut bytes, self.tenant.uuid().as_bytes());
            field(&mut bytes, self.pool.uuid().as_bytes());
            field(&mut bytes, &position.to_be_bytes());
            field(&mut bytes, row.id.as_bytes());
            field(&mut bytes, row.iccid.as_bytes());
            field(&mut bytes, row.smdp_address.as_bytes());
            field(&mut bytes, &row.matching_id);
            field(&mut bytes, &self.key_id.0.to_be_bytes());
            field(&mut bytes, &row.fingerprint);
            if self.unique {
                field(&mut bytes, row.iccid.as_bytes());
            } else {
                bytes.extend_from_slice(&(-1_i32).to_be_bytes());
            }
            field(&mut bytes, &0_i16.to_be_bytes());
            field(&mut bytes, &at);
            let facts = row.facts.as_deref();
            for value in [
                facts.and_then(|it| it.tail.as_deref()).map(str::as_bytes),
                facts.and_then(|it| it.confirmation_code.as_deref()),
                facts.and_then(|it| it.bound_eid.as_deref()).map(str::as_bytes),
                facts.and_then(|it| it.label.as_deref()).map(str::as_bytes),
            ] {
                match value {
                    Some(value) => field(&mut bytes, value),
                    None => bytes.extend_from_slice(&(-1_i32).to_be_bytes()),
                }
            }
            field(&mut bytes, self.import.uuid().as_bytes());
        }
        bytes
    }

    /// The codes as a statement, and the hand-outs and device states of those that are used.
    pub(super) fn insert(
        self,
        codes: Vec<SpooledCode>,
        first_position: i32,
        dialect: Dialect,
    ) -> Result<(BoundStatement, Option<UsedRows>), StoreError> {
        let Self { tenant, pool, key_id, unique, at, import } = self;
        let import = Some(import);
        let codes: Vec<_> = codes.into_iter().map(|spooled| spooled.code).collect();
        let codes = SealedCodes { pool, at, first_position, unique, key_id, import, codes };
        let used = UsedRows::of(tenant, &codes, dialect)?;
        Ok((codes::insert(tenant, &[&codes]).bind(dialect)?, used))
    }
}
