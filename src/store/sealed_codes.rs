//! Activation codes as they are stored: secrets sealed, in columns rather than rows.

use std::sync::Arc;

use uuid::Uuid;

use super::engine::Dialect;
use super::import::Row;
use super::statement::{Arg, args};
use crate::domain::{NewCode, PoolId};
use crate::vault::{KeyId, TenantKeys};

/// A pool's new codes, column by column: a statement takes all of them at once.
#[derive(Debug)]
pub(super) struct SealedCodes {
    pub(super) key_id: KeyId,
    ids: Vec<Uuid>,
    iccids: Vec<String>,
    addresses: Vec<String>,
    matching_ids: Vec<Vec<u8>>,
    fingerprints: Vec<Vec<u8>>,
}

impl SealedCodes {
    /// Seals every code for its row in `pool`.
    pub(super) fn seal(keys: &Arc<TenantKeys>, pool: PoolId, codes: &[NewCode]) -> Self {
        let mut sealed = Self {
            key_id: keys.id(),
            ids: Vec::with_capacity(codes.len()),
            iccids: Vec::with_capacity(codes.len()),
            addresses: Vec::with_capacity(codes.len()),
            matching_ids: Vec::with_capacity(codes.len()),
            fingerprints: Vec::with_capacity(codes.len()),
        };
        for NewCode { id, code } in codes {
            sealed.ids.push(id.uuid());
            sealed.iccids.push(code.iccid.as_str().to_owned());
            sealed.addresses.push(code.smdp_address.as_str().to_owned());
            sealed.matching_ids.push(keys.seal(pool, *id, &code.matching_id));
            let fingerprint = keys.fingerprint(&code.smdp_address, &code.matching_id);
            sealed.fingerprints.push(fingerprint.as_bytes().to_vec());
        }
        sealed
    }

    /// Codes that were sealed before.
    pub(super) fn of_rows(key_id: KeyId, rows: Vec<Row>) -> Self {
        let mut sealed = Self {
            key_id,
            ids: Vec::with_capacity(rows.len()),
            iccids: Vec::with_capacity(rows.len()),
            addresses: Vec::with_capacity(rows.len()),
            matching_ids: Vec::with_capacity(rows.len()),
            fingerprints: Vec::with_capacity(rows.len()),
        };
        for row in rows {
            sealed.ids.push(row.id);
            sealed.iccids.push(row.iccid);
            sealed.addresses.push(row.address);
            sealed.matching_ids.push(row.matching_id);
            sealed.fingerprints.push(row.fingerprint.to_vec());
        }
        sealed
    }

    /// The arguments that [`code_relation!`] names.
    pub(super) fn into_args(self, dialect: Dialect) -> Vec<Arg> {
        match dialect {
            Dialect::Postgres => {
                args![self.ids, self.iccids, self.addresses, self.matching_ids, self.fingerprints,]
                    .into()
            }
            Dialect::Sqlite => args![self.into_json()].into(),
        }
    }

    /// JSON has no bytes: ids, secrets and fingerprints go as hexadecimal digits.
    fn into_json(self) -> String {
        let rows = self.ids.iter().zip(self.iccids).zip(self.addresses);
        let secrets = self.matching_ids.iter().zip(&self.fingerprints);
        let rows: Vec<_> = rows
            .zip(secrets)
            .map(|(((id, iccid), address), (matching_id, fingerprint))| {
                (hex(id.as_bytes()), iccid, address, hex(matching_id), hex(fingerprint))
            })
            .collect();
        serde_json::to_string(&rows).expect("texts can be written as JSON")
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// The codes as a relation in a statement's `from`: columns ord (from 1, in the order given), id,
/// iccid, smdp_address, matching_id, fingerprint. Takes the arguments from `$6` on.
macro_rules! code_relation {
    (Postgres) => {
        "unnest($6::uuid[], $7::text[], $8::text[], $9::bytea[], $10::bytea[])
           with ordinality
           as code (id, iccid, smdp_address, matching_id, fingerprint, ord)"
    };
    (Sqlite) => {
        "(select
            key + 1 as ord,
            unhex(value ->> 0) as id,
            value ->> 1 as iccid,
            value ->> 2 as smdp_address,
            unhex(value ->> 3) as matching_id,
            unhex(value ->> 4) as fingerprint
          from json_each($6)) as code"
    };
}
pub(super) use code_relation;
