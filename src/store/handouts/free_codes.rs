//! The codes of a pool as a claim reads them.

use std::collections::{HashMap, VecDeque};

use const_format::formatcp;
use uuid::Uuid;

use super::fragments::IN_LEDGER;
use super::outcome::{FREE, HANDED_OUT_ELSEWHERE};
use super::twins::HAS_TWIN;
use crate::domain::{ActivationCode, Iccid, PoolId, SmdpAddress, SoughtIccid, TenantId, Timestamp};
use crate::store::codes::SealedSecrets;
use crate::store::db::{Array, Dialect, Row, Statement, Transaction, params, row};
use crate::store::error::StoreError;
use crate::store::stock_entries;
use crate::vault::{KeyId, TenantKeys};

row! {
    /// A code as a claim reads it.
    #[derive(Clone, Debug)]
    pub(super) struct CodeRow {
        pub(super) position: i32,
        pub(super) id: Uuid,
        pub(super) iccid: String,
        pub(super) smdp_address: String,
        pub(super) matching_id: Vec<u8>,
        pub(super) key_id: i32,
        pub(super) fingerprint: Vec<u8>,
        pub(super) state: i16,
        pub(super) code_tail: Option<String>,
        pub(super) confirmation_code: Option<Vec<u8>>,
        pub(super) bound_eid: Option<String>,
    }
}

impl CodeRow {
    pub(super) fn open(
        &self,
        pool: PoolId,
        keys: &TenantKeys,
    ) -> Result<ActivationCode, StoreError> {
        let secrets = SealedSecrets {
            key: KeyId(self.key_id),
            matching_id: &self.matching_id,
            confirmation_code: self.confirmation_code.as_deref(),
        };
        let (matching_id, confirmation_code) = secrets.open(pool, self.id.into(), keys)?;
        Ok(ActivationCode {
            iccid: Iccid::stored(self.iccid.clone()),
            matching_id,
            smdp_address: SmdpAddress::stored(self.smdp_address.clone()),
            tail: self.code_tail.clone().unwrap_or_default(),
            confirmation_code,
        })
    }
}

const COLUMNS: &str = <CodeRow as Row>::FIELDS;

/// How many codes are needed of a pool, from a position on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Need {
    pub(super) pool: PoolId,
    pub(super) wanted: i32,
    pub(super) from: i32,
}

row! {
    struct FreeRow {
        in_pool: Uuid,
        code: CodeRow,
        has_twin: bool,
    }
}

/// A free code that is locked, and whether it is stored as free elsewhere.
#[derive(Debug)]
pub(super) struct FreeCode {
    pub(super) code: CodeRow,
    pub(super) has_twin: bool,
}

/// Locks free codes that are not in the ledger, in the order of their positions: as many as are
/// needed, or fewer. Skips those that other transactions have locked.
pub(super) async fn lock_free(
    transaction: &mut Transaction<'_>,
    tenant: TenantId,
    needs: &[Need],
) -> Result<HashMap<PoolId, VecDeque<FreeCode>>, StoreError> {
    let mut found: HashMap<PoolId, VecDeque<FreeCode>> = HashMap::new();
    let statements = match transaction.dialect() {
        Dialect::Postgres => vec![free_of_pools(tenant, needs)],
        // Citus sends no lateral join with such a limit to where the tenant is. SQLite has none, nor a
        // round trip to save.
        Dialect::Citus | Dialect::Sqlite => {
            needs.iter().map(|need| free_of_pool(tenant, *need)).collect()
        }
    };
    for statement in statements {
        let rows: Vec<FreeRow> = transaction.rows(statement).await?;
        for FreeRow { in_pool, code, has_twin } in rows {
            found.entry(in_pool.into()).or_default().push_back(FreeCode { code, has_twin });
        }
    }
    Ok(found)
}

fn free_of_pools(tenant: TenantId, needs: &[Need]) -> Statement<'static> {
    const TEXT: &str = formatcp!(
        "select needed as in_pool, {COLUMNS}, has_twin
         from @need
         cross join lateral (
           select {COLUMNS}, {HAS_TWIN} as has_twin
           from activation_codes as code
           where tenant_id = $1 and pool_id = needed and state = {FREE} and bound_eid is null
             and position >= from_position
             and {IN_LEDGER} is null
           order by position
           limit wanted
           @lock(for update skip locked)) as code
         order by needed, position"
    );
    Statement::new(TEXT, params![tenant]).with(
        "need",
        [
            ("needed", Array::Ids(needs.iter().map(|need| need.pool.uuid()).collect())),
            ("wanted", Array::Ints(needs.iter().map(|need| need.wanted).collect())),
            ("from_position", Array::Ints(needs.iter().map(|need| need.from).collect())),
        ],
    )
}

fn free_of_pool(tenant: TenantId, need: Need) -> Statement<'static> {
    const TEXT: &str = formatcp!(
        "select pool_id as in_pool, {COLUMNS}, {HAS_TWIN} as has_twin
         from activation_codes as code
         where tenant_id = $1 and pool_id = $2 and state = {FREE} and bound_eid is null
           and position >= $3 and {IN_LEDGER} is null
         order by position
         limit $4
         @lock(for update skip locked)"
    );
    Statement::new(TEXT, params![tenant, need.pool, need.from, need.wanted])
}

/// The codes of one pool.
#[derive(Clone, Copy, Debug)]
pub(super) struct FreeCodes {
    pub(super) tenant: TenantId,
    pub(super) pool: PoolId,
}

impl FreeCodes {
    /// Locks the next free code at or after a position, or before it if there is none. Skips codes
    /// that other transactions have locked, unless all free ones are: then it waits for one.
    pub(super) async fn lock_next(
        self,
        transaction: &mut Transaction<'_>,
        from: i32,
    ) -> Result<Option<CodeRow>, StoreError> {
        const SKIP_LOCKED: &str = formatcp!("{FIRST_FREE} @lock(for update skip locked)");
        const WAIT: &str = formatcp!("{FIRST_FREE} @lock(for update)");
        const FIRST_FREE: &str = formatcp!(
            "select {COLUMNS}
             from activation_codes
             where tenant_id = $1 and pool_id = $2 and state = {FREE} and bound_eid is null
               and position >= $3
             order by position
             limit 1"
        );

        let first = |text, from| Statement::new(text, params![self.tenant, self.pool, from]);
        if from > 0
            && let Some(row) = transaction.row(first(SKIP_LOCKED, from)).await?
        {
            return Ok(Some(row));
        }
        if let Some(row) = transaction.row(first(SKIP_LOCKED, 0)).await? {
            return Ok(Some(row));
        }
        while transaction.dialect().is_postgres() && self.any_free(transaction).await? {
            if let Some(row) = transaction.row(first(WAIT, 0)).await? {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    async fn any_free(self, transaction: &mut Transaction<'_>) -> Result<bool, StoreError> {
        const TEXT: &str = formatcp!(
            "select 1 as one
             from activation_codes
             where tenant_id = $1 and pool_id = $2 and state = {FREE} and bound_eid is null
             limit 1"
        );
        let any = Statement::new(TEXT, params![self.tenant, self.pool]);
        Ok(transaction.row::<(i32,)>(any).await?.is_some())
    }

    /// Locks the first free code that is bound to this EID. Skips those that are in the ledger, since
    /// they were handed out from another pool.
    pub(super) async fn lock_bound(
        self,
        transaction: &mut Transaction<'_>,
        eid: &str,
    ) -> Result<Option<CodeRow>, StoreError> {
        const TEXT: &str = formatcp!(
            "select {COLUMNS}
             from activation_codes as code
             where tenant_id = $1 and pool_id = $2 and state = {FREE} and bound_eid is not null
               and bound_eid = $3 and {IN_LEDGER} is null
             order by position
             limit 1
             @lock(for update)"
        );
        let code = Statement::new(TEXT, params![self.tenant, self.pool, eid]);
        transaction.row(code).await
    }

    /// Locks the code of that ICCID: one that is spelled the same if there is one, and a free one
    /// if there are several.
    pub(super) async fn lock_by_iccid(
        self,
        transaction: &mut Transaction<'_>,
        iccid: &SoughtIccid,
    ) -> Result<Option<CodeRow>, StoreError> {
        const TEXT: &str = formatcp!(
            "select {COLUMNS}
             from activation_codes
             where tenant_id = $1 and pool_id = $2 and iccid = $3
             order by state, position
             limit 1
             @lock(for update)"
        );
        for text in iccid.texts() {
            let code = Statement::new(TEXT, params![self.tenant, self.pool, text]);
            if let Some(row) = transaction.row(code).await? {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    /// Whether the pool has a code that is marked as handed out elsewhere.
    pub(super) async fn any_elsewhere(
        self,
        transaction: &mut Transaction<'_>,
    ) -> Result<Option<()>, StoreError> {
        const TEXT: &str = formatcp!(
            "select 1 as one
             from activation_codes
             where tenant_id = $1 and pool_id = $2 and state = {HANDED_OUT_ELSEWHERE}
             limit 1"
        );
        let any = Statement::new(TEXT, params![self.tenant, self.pool]);
        Ok(transaction.row::<(i32,)>(any).await?.map(|_| ()))
    }

    /// The code of that id at a position.
    pub(super) fn at(self, position: i32, id: Uuid) -> Statement<'static> {
        const TEXT: &str = formatcp!(
            "select {COLUMNS}
             from activation_codes
             where tenant_id = $1 and pool_id = $2 and position = $3 and id = $4"
        );
        Statement::new(TEXT, params![self.tenant, self.pool, position, id])
    }

    /// Marks codes that are stored as free and are in the ledger: all of them, or those of an ICCID.
    pub(super) async fn mark_elsewhere(
        self,
        transaction: &mut Transaction<'_>,
        iccid: Option<&str>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let (dialect, pool) = (transaction.dialect(), (self.tenant, self.pool));
        for statement in stock_entries::mark_elsewhere(dialect, pool, iccid, at) {
            transaction.execute(statement).await?;
        }
        Ok(())
    }
}
