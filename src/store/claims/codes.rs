//! The codes of a pool as a claim looks for them.

use std::collections::{HashMap, VecDeque};

use uuid::Uuid;

use crate::domain::{ActivationCode, Iccid, PoolId, SmdpAddress, SoughtIccid, TenantId, Timestamp};
use crate::store::StoreError;
use crate::store::arguments::{Values, args};
use crate::store::engine::Dialect;
use crate::store::ledger::{Code, known};
use crate::store::record::record;
use crate::store::sql::Sql;
use crate::store::statement::Statement;
use crate::store::work::Work;
use crate::vault::TenantKeys;

record! {
    /// A code as a claim sees it.
    pub(super) struct CodeRow {
        pub(super) ord: i32,
        pub(super) id: Uuid,
        pub(super) iccid: String,
        smdp_address: String,
        matching_id: Vec<u8>,
        fingerprint: Vec<u8>,
        pub(super) state: i16,
    }
}

macro_rules! code_columns {
    () => {
        "ord, id, iccid, smdp_address, matching_id, fingerprint, state"
    };
}

impl CodeRow {
    pub(super) fn open(
        &self,
        pool: PoolId,
        keys: &TenantKeys,
    ) -> Result<ActivationCode, StoreError> {
        let matching_id = keys.open(pool, self.id.into(), &self.matching_id)?;
        Ok(ActivationCode {
            iccid: Iccid::stored(self.iccid.clone()),
            matching_id,
            smdp_address: SmdpAddress::stored(self.smdp_address.clone()),
        })
    }

    pub(super) fn for_ledger(&self) -> Code<'_> {
        Code { fingerprint: &self.fingerprint, iccid: &self.iccid, id: self.id, ord: self.ord }
    }
}

/// How many codes are needed of a pool, from which place on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Need {
    pub(super) pool: PoolId,
    pub(super) wanted: i32,
    pub(super) begin: i32,
}

record! {
    struct FreeRow {
        in_pool: Uuid,
        code: CodeRow,
    }
}

/// Free codes that nobody else is about to take and that the ledger does not know, in their order:
/// so many as are needed, or fewer.
pub(super) async fn free(
    work: &mut Work<'_>,
    tenant: TenantId,
    needs: &[Need],
) -> Result<HashMap<PoolId, VecDeque<CodeRow>>, StoreError> {
    let mut found: HashMap<PoolId, VecDeque<CodeRow>> = HashMap::new();
    // Without lateral joins each pool is asked by itself, which costs no way to a server.
    let each = if work.dialect() == Dialect::Postgres { needs.len().max(1) } else { 1 };
    for needs in needs.chunks(each) {
        let rows: Vec<FreeRow> = work.rows(select_free(work.dialect(), tenant, needs)).await?;
        for row in rows {
            found.entry(row.in_pool.into()).or_default().push_back(row.code);
        }
    }
    Ok(found)
}

fn select_free(dialect: Dialect, tenant: TenantId, needs: &[Need]) -> Statement {
    const COLUMNS: &str = concat!(" as in_pool, ", code_columns!(), " from ");
    const UNKNOWN: &str = concat!(
        " and ",
        known!("activation_codes.tenant_id", "activation_codes.fingerprint"),
        " is null order by ord limit "
    );

    let mut sql = Sql::new(dialect, "select ", []);
    if let (Dialect::Sqlite, [need, ..]) = (dialect, needs) {
        sql.push("pool_id").push(COLUMNS).push("activation_codes where tenant_id = ").arg(tenant);
        sql.push(" and pool_id = ").arg(need.pool).push(" and state = 0 and ord >= ");
        sql.arg(need.begin).push(UNKNOWN).arg(need.wanted);
        return sql.finish();
    }
    sql.push("needed").push(COLUMNS);
    sql.relation(
        "need",
        &[
            ("needed", Values::Ids(needs.iter().map(|need| need.pool.uuid()).collect())),
            ("wanted", Values::Ints(needs.iter().map(|need| need.wanted).collect())),
            ("first", Values::Ints(needs.iter().map(|need| need.begin).collect())),
        ],
    );
    sql.push(" cross join lateral (select ").push(code_columns!());
    sql.push(" from activation_codes where tenant_id = ").arg(tenant);
    sql.push(" and pool_id = needed and state = 0 and ord >= first").push(UNKNOWN);
    sql.push("wanted for update skip locked) as code order by needed, ord");
    sql.finish()
}

/// The codes of one pool.
#[derive(Clone, Copy, Debug)]
pub(super) struct Codes {
    pub(super) tenant: TenantId,
    pub(super) pool: PoolId,
}

impl Codes {
    /// A free code that nobody else is about to take, the first of those behind `begin`.
    pub(super) async fn next(
        self,
        work: &mut Work<'_>,
        begin: i32,
    ) -> Result<Option<CodeRow>, StoreError> {
        if begin > 0
            && let Some(row) = self.first_from(work, begin, true).await?
        {
            return Ok(Some(row));
        }
        if let Some(row) = self.first_from(work, 0, true).await? {
            return Ok(Some(row));
        }
        // What others are about to take they may leave: waits for them.
        while work.dialect() == Dialect::Postgres && self.any_free(work).await? {
            if let Some(row) = self.first_from(work, 0, false).await? {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    async fn first_from(
        self,
        work: &mut Work<'_>,
        begin: i32,
        skip: bool,
    ) -> Result<Option<CodeRow>, StoreError> {
        /// The next free code; where there are several writers, locked.
        macro_rules! select {
            ($lock:literal) => {
                concat!(
                    "select ",
                    code_columns!(),
                    " from activation_codes
                     where tenant_id = $1 and pool_id = $2 and state = 0 and ord >= $3
                     order by ord limit 1",
                    $lock
                )
            };
        }
        let sql = match (work.dialect(), skip) {
            (Dialect::Postgres, true) => select!(" for update skip locked"),
            (Dialect::Postgres, false) => select!(" for update"),
            (Dialect::Sqlite, _) => select!(""),
        };
        work.row(Statement::new(sql, args![self.tenant, self.pool, begin])).await
    }

    async fn any_free(self, work: &mut Work<'_>) -> Result<bool, StoreError> {
        let any = "select 1 as one from activation_codes
                   where tenant_id = $1 and pool_id = $2 and state = 0 limit 1";
        let row = work.row::<(i32,)>(Statement::new(any, args![self.tenant, self.pool])).await?;
        Ok(row.is_some())
    }

    /// The code of that ICCID, letter by letter if there is one: a free one, if there are several.
    pub(super) async fn by_iccid(
        self,
        work: &mut Work<'_>,
        iccid: &SoughtIccid,
    ) -> Result<Option<CodeRow>, StoreError> {
        /// The same as above by another key.
        macro_rules! select {
            ($lock:literal) => {
                concat!(
                    "select ",
                    code_columns!(),
                    " from activation_codes
                     where tenant_id = $1 and pool_id = $2 and iccid = $3
                     order by state, ord limit 1",
                    $lock
                )
            };
        }
        let sql = match work.dialect() {
            Dialect::Postgres => select!(" for update"),
            Dialect::Sqlite => select!(""),
        };
        for text in iccid.texts() {
            let code = Statement::new(sql, args![self.tenant, self.pool, text]);
            if let Some(row) = work.row(code).await? {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    /// Whether the pool has codes that were handed out before, from it or from another one.
    pub(super) async fn has_known(self, work: &mut Work<'_>) -> Result<bool, StoreError> {
        let any = "select 1 as one from activation_codes
                   where tenant_id = $1 and pool_id = $2 and state = 9 limit 1";
        let row = work.row::<(i32,)>(Statement::new(any, args![self.tenant, self.pool])).await?;
        Ok(row.is_some())
    }

    /// The code at its place.
    pub(super) fn at(self, ord: i32, id: Uuid) -> Statement {
        Statement::new(
            concat!(
                "select ",
                code_columns!(),
                " from activation_codes
             where tenant_id = $1 and pool_id = $2 and ord = $3 and id = $4"
            ),
            args![self.tenant, self.pool, ord, id],
        )
    }

    /// Marks every code of a pool that looks free and that the ledger knows.
    pub(super) fn mark_known(self, at: Timestamp) -> Statement {
        Statement::new(
            concat!(
                "update activation_codes as code
                 set state = 9, state_changed_at = $3
                 where tenant_id = $1 and pool_id = $2 and state = 0 and ",
                known!("$1", "code.fingerprint")
            ),
            args![self.tenant, self.pool, at],
        )
    }
}
