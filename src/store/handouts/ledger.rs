//! The hand-out ledger: which code was given to which device, and what became of it.

use const_format::formatcp;
use uuid::Uuid;

use super::outcome::{HandoutOutcome, INSTALLING, REINSTATED};
use crate::domain::{CodeState, DeviceStateId, HandoutId, NewClaim, PoolId, TenantId, Timestamp};
use crate::store::db::{Array, Row, Statement, Transaction, params, row};
use crate::store::error::StoreError;
use crate::store::stock_entries::{CountedCode, StockChanges};

row! {
    /// An entry of the ledger.
    #[derive(Clone, Debug)]
    pub(in crate::store) struct Handout {
        pub(in crate::store) id: Uuid,
        pub(in crate::store) pool_id: Uuid,
        pub(in crate::store) code_position: i32,
        pub(in crate::store) code_id: Uuid,
        pub(in crate::store) device_state_id: Uuid,
        pub(in crate::store) iccid: String,
        outcome: i16,
    }
}

const COLUMNS: &str = <Handout as Row>::FIELDS;

/// Where a code is stored.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct CodeKey {
    pub(in crate::store) pool: PoolId,
    pub(in crate::store) position: i32,
    pub(in crate::store) id: Uuid,
}

impl Handout {
    pub(in crate::store) fn code(&self) -> CodeKey {
        CodeKey { pool: self.pool_id.into(), position: self.code_position, id: self.code_id }
    }

    pub(in crate::store) fn device_state(&self) -> DeviceStateId {
        self.device_state_id.into()
    }

    pub(in crate::store) fn outcome(&self) -> Option<HandoutOutcome> {
        HandoutOutcome::numbered(self.outcome)
    }
}

/// The hand-out of that id.
pub(in crate::store) async fn by_id(
    transaction: &mut Transaction<'_>,
    tenant: TenantId,
    id: HandoutId,
) -> Result<Option<Handout>, StoreError> {
    let by_id = Statement::new(
        formatcp!("select {COLUMNS} from handouts where tenant_id = $1 and id = $2"),
        params![tenant, id],
    );
    transaction.row(by_id).await
}

/// The hand-out of a code, unless the code is free.
pub(in crate::store) async fn of_code(
    transaction: &mut Transaction<'_>,
    tenant: TenantId,
    fingerprint: Vec<u8>,
) -> Result<Option<Handout>, StoreError> {
    let of_code = Statement::new(
        formatcp!(
            "select {COLUMNS}
             from handouts
             where tenant_id = $1 and fingerprint = $2 and outcome <> {REINSTATED}"
        ),
        params![tenant, fingerprint],
    );
    transaction.row(of_code).await
}

/// What the ledger stores of a code.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct LedgerCode<'c> {
    pub(in crate::store) fingerprint: &'c [u8],
    pub(in crate::store) iccid: &'c str,
    pub(in crate::store) id: Uuid,
    pub(in crate::store) position: i32,
}

/// A code that a device is about to get.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct NewHandout<'c> {
    pub(in crate::store) pool: PoolId,
    pub(in crate::store) code: LedgerCode<'c>,
    pub(in crate::store) claim: &'c NewClaim,
}

const INSERT: &str = formatcp!(
    "insert into handouts
       (tenant_id, id, fingerprint, iccid, pool_id, code_id, code_position, device_state_id,
        device, device_name, handed_out_at, outcome, outcome_at, revision)
     select @tenant, handout_id, fingerprint, iccid, pool_id, code_id, code_position, device_state_id,
            device, device_name, at, {INSTALLING}, at, 1
     from @new"
);

/// The insert of hand-outs of one tenant. It conflicts with an earlier hand-out of the same code,
/// and with an active one of the same device and pool.
pub(in crate::store) fn insert<'v>(tenant: TenantId, all: &[NewHandout<'v>]) -> Statement<'v> {
    insert_with(INSERT, tenant, all)
}

/// Inserts a hand-out. Says whether it could, see [`insert`].
pub(in crate::store) async fn try_insert(
    transaction: &mut Transaction<'_>,
    tenant: TenantId,
    new: NewHandout<'_>,
) -> Result<bool, StoreError> {
    // Without the condition SQLite would parse `on` as that of a join.
    const TRY_INSERT: &str = formatcp!("{INSERT} where true on conflict do nothing");
    Ok(transaction.execute(insert_with(TRY_INSERT, tenant, &[new])).await? == 1)
}

fn insert_with<'v>(text: &'static str, tenant: TenantId, all: &[NewHandout<'v>]) -> Statement<'v> {
    let claims = || all.iter().map(|new| new.claim);
    let codes = || all.iter().map(|new| new.code);
    Statement::new(text, params![tenant]).with(
        "new",
        [
            ("handout_id", Array::Ids(claims().map(|claim| claim.handout.uuid()).collect())),
            ("fingerprint", Array::Blobs(codes().map(|code| code.fingerprint).collect())),
            ("iccid", Array::Texts(codes().map(|code| code.iccid).collect())),
            ("pool_id", Array::Ids(all.iter().map(|new| new.pool.uuid()).collect())),
            ("code_id", Array::Ids(codes().map(|code| code.id).collect())),
            ("code_position", Array::Ints(codes().map(|code| code.position).collect())),
            (
                "device_state_id",
                Array::Ids(claims().map(|claim| claim.device_state.id.uuid()).collect()),
            ),
            ("device", Array::Texts(claims().map(|it| it.device.key().as_str()).collect())),
            (
                "device_name",
                Array::OptionalTexts(claims().map(|it| it.device.name_beside_eid()).collect()),
            ),
            ("at", Array::Timestamps(claims().map(|claim| claim.device_state.at).collect())),
        ],
    )
}

/// Sets what became of a hand-out.
pub(in crate::store) async fn set_outcome(
    transaction: &mut Transaction<'_>,
    tenant: TenantId,
    id: Uuid,
    outcome: HandoutOutcome,
    at: Timestamp,
) -> Result<(), StoreError> {
    let update = Statement::new(
        "update handouts
         set outcome = $3, outcome_at = $4, revision = revision + 1
         where tenant_id = $1 and id = $2",
        params![tenant, id, i32::from(outcome.number()), at],
    );
    transaction.execute(update).await.map(drop)
}

row! {
    struct StateRow {
        state: i16,
        smdp_address: String,
        bound: bool,
    }
}

/// Sets the state of a code, if it is still in its pool.
pub(in crate::store) async fn set_code_state(
    transaction: &mut Transaction<'_>,
    tenant: TenantId,
    code: CodeKey,
    state: CodeState,
    at: Timestamp,
) -> Result<(), StoreError> {
    let lock = Statement::new(
        "select state, smdp_address, bound_eid is not null
         from activation_codes
         where tenant_id = $1 and pool_id = $2 and position = $3 and id = $4
         @lock(for update)",
        params![tenant, code.pool, code.position, code.id],
    );
    let Some(old) = transaction.row::<StateRow>(lock).await? else { return Ok(()) };
    let mut stock = StockChanges::default();
    let (pool, address) = (code.pool.uuid(), old.smdp_address.as_str());
    let counted = CountedCode { pool, address, bound: old.bound };
    stock.moved(counted, [old.state, state.number()], at);
    transaction.execute(stock.insert(tenant)).await?;
    let update = Statement::new(
        "update activation_codes
         set state = $5, state_changed_at = $6
         where tenant_id = $1 and pool_id = $2 and position = $3 and id = $4",
        params![tenant, code.pool, code.position, code.id, i32::from(state.number()), at],
    );
    transaction.execute(update).await.map(drop)
}
