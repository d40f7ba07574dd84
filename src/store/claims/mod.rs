//! Handing a code to a device: one unit of work, whatever crashes in between.

mod codes;
mod taking;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::arguments::args;
use super::change::{Changed, Made, Record};
use super::device_states::Insert;
use super::engine::Dialect;
use super::ledger::{self, Given, Handout};
use super::memo::{self, DeviceStateMemo};
use super::sql::Sql;
use super::statement::Statement;
use super::stored::Scope;
use super::work::Work;
use super::{Store, StoreError, device_states};
use crate::auth::{self, Permit};
use crate::domain::{
    Activity, AuditDraft, ChangeContext, ClaimOutcome, Claimed, CodeState, DeviceState,
    DeviceStateValue, NewClaim, PoolId, TenantId, Timestamp,
};
use crate::vault::TenantKeys;

use codes::{CodeRow, Codes};
pub(super) use taking::Job;

/// What a claim is made of again.
#[derive(Deserialize, Serialize)]
struct ClaimMemo {
    ord: i32,
    code: Uuid,
    device_state: DeviceStateMemo,
    again: bool,
}

/// How far each pool was handed out, so that a claim need not pass over those before: in Postgres
/// every one of them leaves a dead entry in the index.
#[derive(Debug, Default)]
pub(super) struct Progress(Mutex<HashMap<PoolId, i32>>);

impl Progress {
    /// So many pools are remembered before all are forgotten.
    const MANY: usize = 10_000;

    fn of(&self, pool: PoolId) -> i32 {
        let pools = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pools.get(&pool).copied().unwrap_or_default()
    }

    fn note(&self, pool: PoolId, ord: i32) {
        let mut pools = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if pools.len() >= Self::MANY {
            pools.clear();
        }
        pools.insert(pool, ord);
    }
}

/// A claim under way.
#[derive(Debug)]
struct Claim {
    tenant: TenantId,
    pool: PoolId,
    keys: Arc<TenantKeys>,
    new: NewClaim,
    at: Timestamp,
}

/// What a claim came to, and the place of the code that it took.
#[derive(Debug)]
struct Taken {
    claiming: ClaimOutcome,
    ord: Option<i32>,
}

impl Store {
    /// Gives a device one free code of a pool; the same device asking again gets the same code,
    /// as long as it is installing or installed there.
    pub async fn claim(
        &self,
        permit: &Permit<auth::Claim>,
        pool: PoolId,
        new: NewClaim,
        context: ChangeContext,
    ) -> Result<ClaimOutcome, StoreError> {
        let tenant = permit.tenant();
        let keys = self.tenant_keys(tenant).await?;
        let claim = Claim { tenant, pool, keys: keys.clone(), new, at: context.at };
        let job = async |record: Record| Job { record, claim: Arc::new(claim) };
        match self.change_shared(permit, context, job).await? {
            Made::Now(claiming) => {
                if let ClaimOutcome::AllHandedOutElsewhere = claiming {
                    self.mark_known(Codes { tenant, pool }, context.at).await?;
                }
                Ok(claiming)
            }
            Made::Before(memo) => self.replayed_claim(tenant, pool, &keys, &memo).await,
        }
    }

    /// The same answer again: the secret comes from the code, which may be gone with its pool.
    async fn replayed_claim(
        &self,
        tenant: TenantId,
        pool: PoolId,
        keys: &TenantKeys,
        memo: &str,
    ) -> Result<ClaimOutcome, StoreError> {
        let memo: ClaimMemo = memo::read(memo)?;
        let code = Codes { tenant, pool }.at(memo.ord, memo.code);
        let Some(row) = self.0.engine.read_one::<CodeRow>(code).await? else {
            return Ok(ClaimOutcome::NoPool);
        };
        Ok(ClaimOutcome::Claimed(Box::new(Claimed {
            code: row.open(pool, keys)?,
            device_state: memo.device_state.into(),
            again: memo.again,
        })))
    }

    /// Notes that the codes of a pool that look free are not, so that the next claim need not look
    /// at each. The ledger knows it already: this is no change of anybody's.
    async fn mark_known(&self, codes: Codes, at: Timestamp) -> Result<(), StoreError> {
        let mark = codes.mark_known(at).encode(self.0.engine.dialect())?;
        self.0.engine.apply(vec![mark]).await
    }
}

impl Claim {
    /// What the claim comes to, whatever is in its way.
    async fn make(&self, work: &mut Work<'_>, begin: i32) -> Result<Changed<Taken>, StoreError> {
        let no = |claiming| Ok(Changed::No(Taken { claiming, ord: None }));
        let codes = self.codes();
        if !self.hold_pool(work).await? {
            return no(ClaimOutcome::NoPool);
        }
        if let Some(handout) = self.active(work).await? {
            return self.again(work, &handout).await;
        }
        if let Some(iccid) = &self.new.iccid {
            let Some(row) = codes.by_iccid(work, iccid).await? else {
                return no(ClaimOutcome::NoSuchIccid);
            };
            if row.state == CodeState::Free.number() && self.write_down(work, &row).await? {
                return self.take(work, &row).await;
            }
            // It may be the device itself that was faster, by another request.
            return match self.active(work).await? {
                Some(handout) => self.again(work, &handout).await,
                None => no(ClaimOutcome::IccidNotFree),
            };
        }
        let mut marked = false;
        loop {
            let Some(row) = codes.next(work, begin).await? else {
                let elsewhere = codes.has_known(work).await?;
                return no(if elsewhere {
                    ClaimOutcome::AllHandedOutElsewhere
                } else {
                    ClaimOutcome::NoFreeCode
                });
            };
            if self.write_down(work, &row).await? {
                return self.take(work, &row).await;
            }
            // The device was faster by another request, or the code is known to the ledger.
            if let Some(handout) = self.active(work).await? {
                return self.again(work, &handout).await;
            }
            if marked {
                return Err(StoreError::Unavailable("a code was taken meanwhile".to_owned()));
            }
            work.run(codes.mark_known(self.at)).await?;
            marked = true;
        }
    }

    fn codes(&self) -> Codes {
        Codes { tenant: self.tenant, pool: self.pool }
    }

    /// Whether the pool is there, and will be until the unit of work ends.
    async fn hold_pool(&self, work: &mut Work<'_>) -> Result<bool, StoreError> {
        let sql = match work.dialect() {
            Dialect::Postgres => {
                "select 1 as one from pools where tenant_id = $1 and id = $2 for key share"
            }
            Dialect::Sqlite => "select 1 as one from pools where tenant_id = $1 and id = $2",
        };
        let row = work.row::<(i32,)>(Statement::new(sql, args![self.tenant, self.pool])).await?;
        Ok(row.is_some())
    }

    async fn active(&self, work: &mut Work<'_>) -> Result<Option<Handout>, StoreError> {
        ledger::active(work, self.tenant, self.pool, &self.new.device).await
    }

    async fn write_down(&self, work: &mut Work<'_>, row: &CodeRow) -> Result<bool, StoreError> {
        let given = Given { pool: self.pool, code: row.for_ledger(), claim: &self.new };
        ledger::write_down(work, self.tenant, given).await
    }

    /// Takes a code that the ledger has written down.
    async fn take(&self, work: &mut Work<'_>, row: &CodeRow) -> Result<Changed<Taken>, StoreError> {
        let (tenant, pool) = (self.tenant, self.pool);
        work.run(Statement::new(
            "update activation_codes
             set state = $4, state_changed_at = $5
             where tenant_id = $1 and pool_id = $2 and ord = $3",
            args![tenant, pool, row.ord, i32::from(DeviceStateValue::Installing.number()), self.at],
        ))
        .await?;
        let new = &self.new.device_state;
        let insert = Insert { pool, new, handout: Some(self.new.handout.uuid()) };
        let mut sql = Sql::new(work.dialect(), "", []);
        device_states::insert(&mut sql, tenant, &[insert]);
        work.run(sql.finish()).await?;
        let device_state = new.as_device_state();
        self.done(row, device_state, Activity::Claim)
    }

    /// The code that the device has already.
    async fn again(
        &self,
        work: &mut Work<'_>,
        handout: &Handout,
    ) -> Result<Changed<Taken>, StoreError> {
        let (tenant, pool) = (self.tenant, self.pool);
        let code = self.codes().at(handout.code_ord, handout.code_id);
        let row = work.row::<CodeRow>(code).await?;
        let scope = Scope { tenant, pool: Some(pool) };
        let find = scope.find::<DeviceState>(handout.device_state().uuid(), work.dialect());
        let state = work.row::<device_states::DeviceStateRow>(find).await?;
        let (Some(row), Some(state)) = (row, state) else {
            return Err(StoreError::Unavailable("a claim lost its code meanwhile".to_owned()));
        };
        if self.new.iccid.as_ref().is_some_and(|iccid| !iccid.means(&row.iccid)) {
            return Ok(Changed::No(Taken { claiming: ClaimOutcome::DeviceHasAnother, ord: None }));
        }
        self.done(&row, state.into(), Activity::ClaimAgain)
    }

    fn done(
        &self,
        row: &CodeRow,
        device_state: DeviceState,
        activity: Activity,
    ) -> Result<Changed<Taken>, StoreError> {
        let (ord, again) = (row.ord, activity == Activity::ClaimAgain);
        let memo = ClaimMemo {
            ord,
            code: row.id,
            device_state: DeviceStateMemo::from(&device_state),
            again,
        };
        let audit = AuditDraft::new(activity)
            .on("embeddedSIMActivationCodePool", self.pool.uuid(), None)
            .on("embeddedSIMActivationCode", row.id, Some(&row.iccid))
            .on(
                "embeddedSIMDeviceState",
                device_state.id.uuid(),
                device_state.details.device_name.as_deref(),
            );
        let code = row.open(self.pool, &self.keys)?;
        let claiming = ClaimOutcome::Claimed(Box::new(Claimed { code, device_state, again }));
        let value = Taken { claiming, ord: (!again).then_some(ord) };
        Ok(Changed::Yes { value, audit, memo: memo::write(&memo) })
    }
}
