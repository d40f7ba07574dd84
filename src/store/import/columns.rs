//! Rows in the form that each database takes.

use super::spool::Row;
use crate::domain::{PoolId, TenantId, Timestamp};
use crate::store::StoreError;
use crate::store::columns::micros_from_2000;
use crate::store::engine::Dialect;
use crate::store::sealed_codes::{SealedCodes, code_relation};
use crate::store::statement::{Arg, Encoded, Statement, args};
use crate::vault::KeyId;

/// What all rows of an import share.
#[derive(Clone, Copy)]
pub(super) struct Columns {
    pub(super) tenant: TenantId,
    pub(super) pool: PoolId,
    pub(super) key_id: KeyId,
    pub(super) unique: bool,
    pub(super) at: Timestamp,
}

pub(super) const COPY: &str = "copy activation_codes
    (tenant_id, pool_id, ord, id, iccid, smdp_address, matching_id, key_id, fingerprint,
     unique_iccid, state, state_changed_at)
    from stdin (format binary)";

impl Columns {
    /// The rows in Postgres' binary format, one field after another with its length before it.
    pub(super) fn for_copy(self, rows: &[Row], ord: i32) -> Vec<u8> {
        const FIELDS: i16 = 12;
        let mut bytes = Vec::with_capacity(rows.len() * 256);
        let field = |bytes: &mut Vec<u8>, value: &[u8]| {
            let length =
                i32::try_from(value.len()).expect("a field far shorter than two gigabytes");
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(value);
        };
        let at = micros_from_2000(self.at).to_be_bytes();
        for (row, ord) in rows.iter().zip(ord..) {
            bytes.extend_from_slice(&FIELDS.to_be_bytes());
            field(&mut bytes, self.tenant.uuid().as_bytes());
            field(&mut bytes, self.pool.uuid().as_bytes());
            field(&mut bytes, &ord.to_be_bytes());
            field(&mut bytes, row.id.as_bytes());
            field(&mut bytes, row.iccid.as_bytes());
            field(&mut bytes, row.address.as_bytes());
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
        }
        bytes
    }

    /// The rows as a statement for SQLite.
    pub(super) fn insert(self, rows: Vec<Row>, ord: i32) -> Result<Encoded, StoreError> {
        let codes = SealedCodes::of_rows(self.key_id, rows);
        let mut args: Vec<Arg> =
            args![self.tenant, self.pool, self.at, self.key_id.0, self.unique].into();
        args.extend(codes.into_args(Dialect::Sqlite));
        args.extend(args![ord]);
        let sql = concat!(
            "insert into activation_codes
               (tenant_id, pool_id, state_changed_at, key_id, unique_iccid, state, ord, id, iccid,
                smdp_address, matching_id, fingerprint)
             select $1, $2, $3, $4, case when $5 then code.iccid end, 0,
                cast($7 + code.ord - 1 as integer), code.id, code.iccid, code.smdp_address,
                code.matching_id, code.fingerprint
             from ",
            code_relation!(Sqlite)
        );
        Statement::new(sql, args).encode(Dialect::Sqlite)
    }
}
