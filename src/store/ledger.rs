//! The ledger: which code was handed to which device, and what became of it.

use uuid::Uuid;

use super::StoreError;
use super::arguments::{Values, args};
use super::record::record;
use super::sql::Sql;
use super::statement::Statement;
use super::work::Work;
use crate::domain::{
    CodeState, DeviceKey, DeviceStateId, DeviceStateValue, HandoutId, NewClaim, PoolId, TenantId,
    Timestamp,
};

/// Outcomes that are no device's state.
pub(super) const RELEASED: i32 = 8;
pub(super) const REINSTATED: i32 = 9;

record! {
    /// Where a code that was handed out lies, and who has it.
    #[derive(Clone, Debug)]
    pub(super) struct Handout {
        pub(super) id: Uuid,
        pub(super) pool_id: Uuid,
        pub(super) code_ord: i32,
        pub(super) code_id: Uuid,
        pub(super) device_state_id: Uuid,
        pub(super) outcome: i16,
    }
}

/// Where a code lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct CodePlace {
    pub(super) pool: PoolId,
    pub(super) ord: i32,
    pub(super) id: Uuid,
}

/// Whether the ledger knows a code, by what its tenant and its fingerprint are called: true, or null.
/// As a value, for which each code is looked up. Of a condition the planner makes a join, with the
/// whole ledger where its statistics are from when that was short.
macro_rules! known {
    ($tenant:literal, $fingerprint:literal) => {
        concat!(
            "(select true from handouts where handouts.tenant_id = ",
            $tenant,
            " and handouts.fingerprint = ",
            $fingerprint,
            " and handouts.outcome <> 9)"
        )
    };
}
pub(super) use known;

macro_rules! handout_columns {
    () => {
        "id, pool_id, code_ord, code_id, device_state_id, outcome"
    };
}

/// The code of a pool that a device has now, if it has one.
pub(super) async fn active(
    work: &mut Work<'_>,
    tenant: TenantId,
    pool: PoolId,
    device: &DeviceKey,
) -> Result<Option<Handout>, StoreError> {
    work.row(Statement::new(
        concat!(
            "select ",
            handout_columns!(),
            " from handouts
             where tenant_id = $1 and pool_id = $2 and device = $3 and outcome in (2, 3)"
        ),
        args![tenant, pool, device.as_str()],
    ))
    .await
}

/// The entry of that id.
pub(super) async fn entry(
    work: &mut Work<'_>,
    tenant: TenantId,
    id: HandoutId,
) -> Result<Option<Handout>, StoreError> {
    work.row(Statement::new(
        concat!("select ", handout_columns!(), " from handouts where tenant_id = $1 and id = $2"),
        args![tenant, id],
    ))
    .await
}

/// The entry of a code that is not free.
pub(super) async fn entry_of_code(
    work: &mut Work<'_>,
    tenant: TenantId,
    fingerprint: Vec<u8>,
) -> Result<Option<Handout>, StoreError> {
    work.row(Statement::new(
        concat!(
            "select ",
            handout_columns!(),
            " from handouts where tenant_id = $1 and fingerprint = $2 and outcome <> 9"
        ),
        args![tenant, fingerprint],
    ))
    .await
}

/// A code, as far as the ledger wants to know it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Code<'c> {
    pub(super) fingerprint: &'c [u8],
    pub(super) iccid: &'c str,
    pub(super) id: Uuid,
    pub(super) ord: i32,
}

/// A code on its way to a device.
#[derive(Clone, Copy, Debug)]
pub(super) struct Given<'c> {
    pub(super) pool: PoolId,
    pub(super) code: Code<'c>,
    pub(super) claim: &'c NewClaim,
}

/// Writes the insert of hand-outs of one tenant. A code that was handed out before, or a device
/// that has another one of the pool, is in their way.
pub(super) fn insert(sql: &mut Sql, tenant: TenantId, all: &[Given<'_>]) {
    let claims = || all.iter().map(|given| given.claim);
    let codes = || all.iter().map(|given| given.code);
    sql.push(
        "insert into handouts
           (tenant_id, id, fingerprint, iccid, pool_id, code_id, code_ord, device_state_id,
            device, handed_out_at, outcome, outcome_at, revision)
         select ",
    );
    sql.arg(tenant)
        .push(", with_id, code, number, in_pool, of_code, at_place, state_id, to_device, at, ");
    sql.push("2, at, 1 from ");
    sql.relation(
        "given",
        &[
            ("with_id", Values::Ids(claims().map(|claim| claim.handout.uuid()).collect())),
            ("code", Values::Blobs(codes().map(|code| code.fingerprint).collect())),
            ("number", Values::Texts(codes().map(|code| code.iccid).collect())),
            ("in_pool", Values::Ids(all.iter().map(|given| given.pool.uuid()).collect())),
            ("of_code", Values::Ids(codes().map(|code| code.id).collect())),
            ("at_place", Values::Ints(codes().map(|code| code.ord).collect())),
            ("state_id", Values::Ids(claims().map(|claim| claim.device_state.id.uuid()).collect())),
            ("to_device", Values::Texts(claims().map(|claim| claim.device.as_str()).collect())),
            ("at", Values::Moments(claims().map(|claim| claim.device_state.at).collect())),
        ],
    );
}

/// Writes a hand-out down; says whether it could be. It cannot if the code was handed out before,
/// or if the device has another one of the pool.
pub(super) async fn write_down(
    work: &mut Work<'_>,
    tenant: TenantId,
    given: Given<'_>,
) -> Result<bool, StoreError> {
    let mut sql = Sql::new(work.dialect(), "", []);
    insert(&mut sql, tenant, &[given]);
    // Without the condition SQLite takes what follows for one of a join.
    sql.push(" where true on conflict do nothing");
    Ok(work.run(sql.finish()).await? == 1)
}

/// A hand-out that follows the state of its device.
#[derive(Clone, Copy, Debug)]
pub(super) struct Move {
    pub(super) handout: Uuid,
    pub(super) state: DeviceStateValue,
    pub(super) at: Timestamp,
}

impl Move {
    /// What a device's new state comes to; a device that is not evaluated any more does not give
    /// its code back.
    pub(super) fn of(
        handout: Option<Uuid>,
        state: DeviceStateValue,
        at: Timestamp,
    ) -> Option<Self> {
        let handout = handout.filter(|_| state != DeviceStateValue::NotEvaluated)?;
        Some(Self { handout, state, at })
    }
}

/// Writes the update by which codes of one tenant follow their devices; before [`move_handouts`].
/// A code that was taken back no longer does: the statement itself looks, and not whoever wrote it,
/// since somebody else may have taken it back meanwhile.
pub(super) fn move_codes(sql: &mut Sql, tenant: TenantId, all: &[Move]) {
    sql.push("update activation_codes set state = now, state_changed_at = at from ");
    moved(sql, all);
    sql.push(" join handouts on ").of_tenant("handouts.tenant_id", tenant);
    sql.push(
        " and handouts.id = with_id
         where activation_codes.tenant_id = handouts.tenant_id
           and activation_codes.pool_id = handouts.pool_id
           and activation_codes.ord = handouts.code_ord
           and activation_codes.id = handouts.code_id
           and handouts.outcome not in (8, 9) and state <> now",
    );
}

/// Writes the update by which hand-outs of one tenant follow their devices, likewise.
pub(super) fn move_handouts(sql: &mut Sql, tenant: TenantId, all: &[Move]) {
    sql.push("update handouts set outcome = now, outcome_at = at, revision = revision + 1 from ");
    moved(sql, all);
    sql.push(" where ").of_tenant("tenant_id", tenant);
    sql.push(" and id = with_id and outcome not in (8, 9) and outcome <> now");
}

fn moved(sql: &mut Sql, all: &[Move]) {
    let columns = [
        ("with_id", Values::Ids(all.iter().map(|it| it.handout).collect())),
        ("now", Values::Ints(all.iter().map(|it| it.state.number().into()).collect())),
        ("at", Values::Moments(all.iter().map(|it| it.at).collect())),
    ];
    sql.relation("moved", &columns);
}

/// Says what became of a hand-out.
pub(super) async fn conclude(
    work: &mut Work<'_>,
    tenant: TenantId,
    id: Uuid,
    outcome: i32,
    at: Timestamp,
) -> Result<(), StoreError> {
    work.run(Statement::new(
        "update handouts
         set outcome = $3, outcome_at = $4, revision = revision + 1
         where tenant_id = $1 and id = $2",
        args![tenant, id, outcome, at],
    ))
    .await?;
    Ok(())
}

/// Says what became of a code in its pool, if it is still there.
pub(super) async fn move_code(
    work: &mut Work<'_>,
    tenant: TenantId,
    place: CodePlace,
    state: CodeState,
    at: Timestamp,
) -> Result<(), StoreError> {
    work.run(Statement::new(
        "update activation_codes
         set state = $5, state_changed_at = $6
         where tenant_id = $1 and pool_id = $2 and ord = $3 and id = $4",
        args![tenant, place.pool, place.ord, place.id, i32::from(state.number()), at],
    ))
    .await?;
    Ok(())
}

/// Lets code and ledger follow a device.
pub(super) async fn follow(
    work: &mut Work<'_>,
    tenant: TenantId,
    moved: Option<Move>,
) -> Result<(), StoreError> {
    let Some(moved) = moved else { return Ok(()) };
    let codes = |sql: &mut Sql| move_codes(sql, tenant, &[moved]);
    let handouts = |sql: &mut Sql| move_handouts(sql, tenant, &[moved]);
    let statements = Sql::parts(work.dialect(), &[&codes, &handouts]);
    for statement in statements {
        work.run(statement).await?;
    }
    Ok(())
}

impl Handout {
    /// Where the code lies.
    pub(super) fn code(&self) -> CodePlace {
        CodePlace { pool: self.pool_id.into(), ord: self.code_ord, id: self.code_id }
    }

    /// The state of the device that has the code.
    pub(super) fn device_state(&self) -> DeviceStateId {
        self.device_state_id.into()
    }
}
