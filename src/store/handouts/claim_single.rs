//! A claim by itself: it waits for what is in its way.

use const_format::formatcp;

use super::claim::{Claim, Taken};
use super::decide::{Decision, Fact, Facts, Held, Known, decide};
use super::free_codes::CodeRow;
use super::ledger;
use super::outcome::INSTALLING;
use super::twins;
use crate::domain::{Activity, DeviceState};
use crate::store::db::{Statement, Transaction, params};
use crate::store::device_states::{self, DeviceStateRow, NewRow};
use crate::store::entity::Scope;
use crate::store::error::StoreError;
use crate::store::stock_entries::StockChanges;
use crate::store::write::WriteOutcome;

impl Claim {
    /// Reads what the claim depends on, fact by fact, and does what is decided. Looks for free codes
    /// from a position on.
    pub(super) async fn execute(
        &self,
        transaction: &mut Transaction<'_>,
        from: i32,
    ) -> Result<WriteOutcome<Taken>, StoreError> {
        let wanted = self.new.iccid.as_ref();
        let (mut pool, mut elsewhere) = (Known::Unread, Known::Unread);
        let mut held: Known<(CodeRow, DeviceState)> = Known::Unread;
        let mut candidate: Known<CodeRow> = Known::Unread;
        let (eid, mut bound): (_, Known<CodeRow>) = (self.new.eid(), Known::Unread);
        let (mut rechecked, mut refused, mut marked) = (false, 0, false);
        loop {
            let facts = Facts {
                pool,
                held: match &held {
                    Known::Unread => Known::Unread,
                    Known::Absent => Known::Absent,
                    Known::Present((code, device_state)) => {
                        Known::Present(Held { code, device_state })
                    }
                },
                bound: bound.as_ref(),
                candidate: candidate.as_ref(),
                elsewhere,
                rechecked,
                refused,
                marked,
            };
            match decide(wanted, eid, &facts) {
                Decision::Read(Fact::Pool) => pool = self.lock_pool(transaction).await?.into(),
                Decision::Read(Fact::Held) => held = self.held(transaction).await?.into(),
                Decision::Read(Fact::Bound) => {
                    bound = match eid {
                        Some(eid) => self.codes().lock_bound(transaction, eid).await?,
                        None => None,
                    }
                    .into();
                }
                Decision::Read(Fact::Candidate) => {
                    let codes = self.codes();
                    candidate = match wanted {
                        Some(iccid) => codes.lock_by_iccid(transaction, iccid).await?,
                        None => codes.lock_next(transaction, from).await?,
                    }
                    .into();
                }
                Decision::Read(Fact::Elsewhere) => {
                    elsewhere = self.codes().any_elsewhere(transaction).await?.into();
                }
                Decision::Recheck => {
                    held = self.held(transaction).await?.into();
                    rechecked = true;
                }
                Decision::Take(code) => {
                    if ledger::try_insert(transaction, self.tenant, self.handout(code)).await? {
                        return self.take(transaction, code).await;
                    }
                    (refused, marked) = (refused + 1, false);
                    (held, candidate, bound) = (Known::Unread, Known::Unread, Known::Unread);
                }
                Decision::Again(Held { code, device_state }) => {
                    return self.claimed(code, device_state.clone(), Activity::ClaimAgain);
                }
                Decision::Mark => {
                    self.codes().mark_elsewhere(transaction, None, self.at).await?;
                    marked = true;
                }
                Decision::Refuse(outcome) => {
                    return Ok(WriteOutcome::Unchanged(Taken { outcome, position: None }));
                }
                Decision::GiveUp => {
                    let cause = "other claims took the codes of a pool meanwhile".to_owned();
                    return Err(StoreError::Unavailable(cause));
                }
            }
        }
    }

    /// The pool, if it exists: it cannot be deleted until the transaction ends.
    async fn lock_pool(&self, transaction: &mut Transaction<'_>) -> Result<Option<()>, StoreError> {
        let lock = Statement::new(
            "select 1 as one
             from pools
             where tenant_id = $1 and id = $2
             @lock(for key share)",
            params![self.tenant, self.pool],
        );
        Ok(transaction.row::<(i32,)>(lock).await?.map(|_| ()))
    }

    /// The code that the device has in this pool, and its device state.
    async fn held(
        &self,
        transaction: &mut Transaction<'_>,
    ) -> Result<Option<(CodeRow, DeviceState)>, StoreError> {
        let active = ledger::active(transaction, self.tenant, self.pool, &self.new.device).await?;
        let Some(handout) = active else { return Ok(None) };
        let code = self.codes().at(handout.code_position, handout.code_id);
        let code = transaction.row::<CodeRow>(code).await?;
        let scope = Scope::pool(self.tenant, self.pool);
        let state = handout.device_state().uuid();
        let state = scope.find::<DeviceState>(state, transaction.dialect());
        let state = transaction.row::<DeviceStateRow>(state).await?;
        match (code, state) {
            (Some(code), Some(state)) => Ok(Some((code, state.into()))),
            _ => Err(StoreError::Unavailable("a claimed code was removed meanwhile".to_owned())),
        }
    }

    /// Takes a code that has been entered into the ledger.
    async fn take(
        &self,
        transaction: &mut Transaction<'_>,
        code: &CodeRow,
    ) -> Result<WriteOutcome<Taken>, StoreError> {
        const TEXT: &str = formatcp!(
            "update activation_codes
             set state = {INSTALLING}, state_changed_at = $4
             where tenant_id = $1 and pool_id = $2 and position = $3"
        );
        let (tenant, pool) = (self.tenant, self.pool);
        let update = Statement::new(TEXT, params![tenant, pool, code.position, self.at]);
        transaction.execute(update).await?;
        let mut stock = StockChanges::default();
        self.count(&mut stock, code);
        transaction.execute(stock.insert(tenant)).await?;
        twins::mark(transaction, tenant, &[self.original(code)]).await?;
        let new = &self.new.device_state;
        let row = NewRow { pool, new, handout: Some(self.new.handout.uuid()) };
        let texts = device_states::folded([&new.details]);
        transaction.execute(device_states::insert(tenant, &[row], &texts)).await?;
        self.claimed(code, new.as_device_state(), Activity::Claim)
    }
}
