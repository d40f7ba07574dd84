//! What the database knows of codes before they are stored: asked while they come, in no
//! transaction. What changes meanwhile the database itself notices when they are stored.

use std::collections::HashSet;

use super::spool::Row;
use super::{ImportInto, Store, StoreError};
use crate::domain::{PoolId, TenantId};
use crate::store::arguments::{Values, args};
use crate::store::sql::Sql;
use crate::store::statement::Statement;

/// What has to be asked at all.
#[derive(Debug)]
pub(super) struct Known {
    /// Whether anything was handed out in this tenant.
    ledger: bool,
    /// The pool, if it has codes already.
    pool: Option<PoolId>,
    /// Whether each ICCID must be the tenant's only one, and there are some.
    unique: bool,
}

/// What is known of some rows.
#[derive(Debug, Default)]
pub(super) struct Answers {
    handed_out: HashSet<Vec<u8>>,
    in_pool: HashSet<(String, Vec<u8>)>,
    iccids: HashSet<String>,
}

impl Known {
    pub(super) async fn of(
        store: &Store,
        tenant: TenantId,
        into: &ImportInto,
        unique: bool,
    ) -> Result<Self, StoreError> {
        let any = async |sql: &'static str| {
            let found: Option<(i32,)> =
                store.0.engine.read_one(Statement::new(sql, args![tenant])).await?;
            Ok::<_, StoreError>(found.is_some())
        };
        let ledger = any("select 1 as one from handouts where tenant_id = $1 limit 1").await?;
        let unique = unique
            && any("select 1 as one from activation_codes
                    where tenant_id = $1 and unique_iccid is not null limit 1")
            .await?;
        let pool = match into {
            ImportInto::New(_) => None,
            ImportInto::Existing(pool) => Some(*pool),
        };
        Ok(Self { ledger, pool, unique })
    }

    pub(super) async fn look_up(
        &self,
        store: &Store,
        tenant: TenantId,
        rows: &[Row],
    ) -> Result<Answers, StoreError> {
        let (engine, dialect) = (&store.0.engine, store.0.engine.dialect());
        let mut answers = Answers::default();
        if rows.is_empty() {
            return Ok(answers);
        }
        if self.ledger {
            let mut sql = Sql::new(dialect, "select fingerprint from handouts", args![]);
            sql.push(" where tenant_id = ").arg(tenant).push(" and outcome <> 9");
            sql.push(" and fingerprint").among(fingerprints(rows));
            let found: Vec<(Vec<u8>,)> = engine.read(sql.finish()).await?;
            answers.handed_out = found.into_iter().map(|(fingerprint,)| fingerprint).collect();
        }
        if let Some(pool) = self.pool {
            let what = "select iccid, fingerprint from activation_codes where tenant_id = ";
            let mut sql = Sql::new(dialect, what, args![]);
            sql.arg(tenant)
                .push(" and pool_id = ")
                .arg(pool)
                .push(" and iccid")
                .among(iccids(rows));
            answers.in_pool = engine.read(sql.finish()).await?.into_iter().collect();
        }
        if self.unique && any_between(store, tenant, rows).await? {
            let what = "select unique_iccid from activation_codes where tenant_id = ";
            let mut sql = Sql::new(dialect, what, args![]);
            sql.arg(tenant).push(" and unique_iccid").among(iccids(rows));
            let found: Vec<(String,)> = engine.read(sql.finish()).await?;
            answers.iccids = found.into_iter().map(|(iccid,)| iccid).collect();
        }
        Ok(answers)
    }
}

/// Whether the tenant has any ICCID between the least and the greatest of these: carriers give them
/// in a row, so that one look tells of thousands.
async fn any_between(store: &Store, tenant: TenantId, rows: &[Row]) -> Result<bool, StoreError> {
    let iccids = || rows.iter().map(|row| row.code.iccid.as_str());
    let (Some(least), Some(greatest)) = (iccids().min(), iccids().max()) else { return Ok(false) };
    let any = Statement::new(
        "select 1 as one from activation_codes
         where tenant_id = $1 and unique_iccid >= $2 and unique_iccid <= $3 limit 1",
        args![tenant, least, greatest],
    );
    Ok(store.0.engine.read_one::<(i32,)>(any).await?.is_some())
}

impl Answers {
    pub(super) fn handed_out(&self, row: &Row) -> bool {
        self.handed_out.contains(&row.code.fingerprint[..])
    }

    pub(super) fn in_pool(&self, row: &Row) -> bool {
        !self.in_pool.is_empty()
            && self.in_pool.contains(&(row.code.iccid.clone(), row.code.fingerprint.to_vec()))
    }

    pub(super) fn iccid_exists(&self, row: &Row) -> bool {
        self.iccids.contains(&row.code.iccid)
    }
}

fn iccids(rows: &[Row]) -> Values<'_> {
    Values::Texts(rows.iter().map(|row| row.code.iccid.as_str()).collect())
}

fn fingerprints(rows: &[Row]) -> Values<'_> {
    Values::Blobs(rows.iter().map(|row| row.code.fingerprint.as_slice()).collect())
}
