//! Rows in the form that each database takes.

use super::spool::Row;
use crate::domain::{PoolId, TenantId, Timestamp};
use crate::store::StoreError;
use crate::store::columns::micros_from_2000;
use crate::store::engine::Dialect;
use crate::store::sealed_codes::{self, SealedCodes};
use crate::store::sql::Sql;
use crate::store::statement::Encoded;
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
        for (row, ord) in rows.iter().map(|row| &row.code).zip(ord..) {
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

    /// The rows as a statement.
    pub(super) fn insert(
        self,
        rows: Vec<Row>,
        ord: i32,
        dialect: Dialect,
    ) -> Result<Encoded, StoreError> {
        let Self { tenant, pool, key_id, unique, at } = self;
        let codes = rows.into_iter().map(|row| row.code).collect();
        let codes = SealedCodes { pool, at, begin: ord, unique, key_id, codes };
        let mut sql = Sql::new(dialect, "", []);
        sealed_codes::insert(&mut sql, tenant, &[&codes], "code.place", "");
        sql.finish().encode(dialect)
    }
}
