//! The statements that put a pool and its codes into the database: arrays, never row by row.

use std::sync::Arc;

use crate::domain::{Activity, AuditDraft, NewPool, PoolId, PoolUpdate, TenantId, Timestamp};
use crate::store::change::Record;
use crate::store::engine::Dialect;
use crate::store::sealed_codes::{SealedCodes, code_relation};
use crate::store::sql::Sql;
use crate::store::statement::{Arg, Encoded, Statement, args};
use crate::store::{StoreError, memo};
use crate::vault::TenantKeys;

/// The columns of a new code, and where its values come from. A code that the ledger knows is not
/// free from the beginning.
macro_rules! insert_codes {
    ($dialect:ident, $ord:literal, $where:literal) => {
        concat!(
            "insert into activation_codes
               (tenant_id, pool_id, state_changed_at, key_id, unique_iccid, state, ord, id, iccid,
                smdp_address, matching_id, fingerprint)
             select $1, $2, $3, $4, case when $5 then code.iccid end,
                case when exists (
                  select 1 from handouts
                  where handouts.tenant_id = $1 and handouts.fingerprint = code.fingerprint
                    and handouts.outcome <> 9) then 9 else 0 end,
                cast(",
            $ord,
            " as integer), code.id, code.iccid,
                code.smdp_address, code.matching_id, code.fingerprint
             from ",
            code_relation!($dialect),
            $where
        )
    };
}

/// Its arguments.
fn insert_args(
    tenant: TenantId,
    pool: PoolId,
    at: Timestamp,
    unique: bool,
    codes: SealedCodes,
    dialect: Dialect,
) -> Vec<Arg> {
    let mut all: Vec<Arg> = args![tenant, pool, at, codes.key_id.0, unique].into();
    all.extend(codes.into_args(dialect));
    all
}

/// The statements that insert a pool and its codes, and write that down.
pub(super) fn inserts(
    tenant: TenantId,
    keys: &Arc<TenantKeys>,
    new: &NewPool,
    record: &Record,
    dialect: Dialect,
) -> Result<Vec<Encoded>, StoreError> {
    let pool = args![new.display_name.as_str(), new.display_name.folded(), new.code_count(),];
    let codes = SealedCodes::seal(keys, new.id, &new.codes);
    let mut codes = insert_args(tenant, new.id, new.at, new.unique_iccids, codes, dialect);
    let audit = AuditDraft::new(Activity::CreatePool)
        .on("embeddedSIMActivationCodePool", new.id.uuid(), Some(new.display_name.as_str()))
        .with("activationCodeCount", None, Some(new.code_count().to_string()));
    let memo = memo::write(&memo::Made { id: new.id.uuid(), at: new.at.micros() });
    match dialect {
        // All in one statement: one round trip, and half the cost of a transaction of several.
        Dialect::Postgres => {
            codes.extend(pool);
            let pool = "with pool as (
                          insert into pools
                            (tenant_id, id, display_name, display_name_folded, code_count,
                             revision, created_at, modified_at)
                          values ($1, $2, $11, $12, $13, 1, $3, $3)
                        )";
            let mut sql = Sql::new(dialect, pool, codes);
            record.write_into(&audit, memo, &mut sql);
            sql.push(" ").push(insert_codes!(Postgres, "code.ord - 1", ""));
            Ok(vec![sql.finish().encode(dialect)?])
        }
        Dialect::Sqlite => {
            let mut pool_args: Vec<Arg> = args![tenant, new.id, new.at].into();
            pool_args.extend(pool);
            let pool = "insert into pools
                          (tenant_id, id, display_name, display_name_folded, code_count, revision,
                           created_at, modified_at)
                        values ($1, $2, $4, $5, $6, 1, $3, $3)";
            let codes_sql = insert_codes!(Sqlite, "code.ord - 1", "");
            [Statement::new(pool, pool_args), Statement::new(codes_sql, codes)]
                .into_iter()
                .chain(record.statements(dialect, &audit, memo))
                .map(|statement| statement.encode(dialect))
                .collect()
        }
    }
}

/// The statement that appends codes to a pool that is locked, skipping those it has.
pub(super) fn append(
    tenant: TenantId,
    pool: PoolId,
    keys: &Arc<TenantKeys>,
    update: &PoolUpdate,
    dialect: Dialect,
) -> Result<Encoded, StoreError> {
    /// The next place, counted among the codes that are new.
    macro_rules! append_codes {
        ($dialect:ident) => {
            insert_codes!(
                $dialect,
                "(select code_count from pools where tenant_id = $1 and id = $2)
                 + row_number() over (order by code.ord) - 1",
                " where not exists (
                    select 1 from activation_codes as old
                    where old.tenant_id = $1 and old.pool_id = $2
                      and old.fingerprint = code.fingerprint and old.iccid = code.iccid)"
            )
        };
    }
    let sql = match dialect {
        Dialect::Postgres => append_codes!(Postgres),
        Dialect::Sqlite => append_codes!(Sqlite),
    };
    let codes = SealedCodes::seal(keys, pool, &update.codes);
    let args = insert_args(tenant, pool, update.at, update.unique_iccids, codes, dialect);
    Statement::new(sql, args).encode(dialect)
}
