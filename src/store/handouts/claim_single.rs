//! A claim by itself: it waits for what is in its way.

use const_format::formatcp;
use uuid::Uuid;

use super::claim::{Claim, Taken};
use super::decide::{Decision, Fact, Facts, Held, Known, decide};
use super::free_codes::CodeRow;
use super::holders::{self, Holder};
use super::ledger;
use super::outcome::INSTALLING;
use super::twins;
use crate::domain::{Activity, DeviceIdentity, DeviceState, Told};
use crate::store::db::{Statement, Transaction, params};
use crate::store::device_states::{self, DeviceStateRow, NewRow};
use crate::store::entity::{EntityKey, Scope};
use crate::store::error::StoreError;
use crate::store::stock_entries::StockChanges;
use crate::store::write::WriteOutcome;

/// A code that the device has.
struct Holding {
    handout: Uuid,
    code: CodeRow,
    device_state: DeviceState,
    told: Told,
}

/// The claim of the device has ended between two statements: the next attempt does not find it.
fn ended() -> StoreError {
    StoreError::Locked("the device state of a claim was deleted meanwhile".to_owned())
}

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
        let (mut held, mut ambiguous): (Known<Holding>, _) = (Known::Unread, false);
        let mut candidate: Known<CodeRow> = Known::Unread;
        let (eid, mut bound): (_, Known<CodeRow>) = (self.new.eid(), Known::Unread);
        let (mut rechecked, mut refused, mut marked) = (false, 0, false);
        loop {
            let facts = Facts {
                pool,
                held: match &held {
                    Known::Unread => Known::Unread,
                    Known::Absent => Known::Absent,
                    Known::Present(Holding { code, device_state, told, .. }) => {
                        Known::Present(Held { code, device_state, told: *told })
                    }
                },
                ambiguous,
                bound: bound.as_ref(),
                candidate: candidate.as_ref(),
                elsewhere,
                rechecked,
                refused,
                marked,
            };
            match decide(wanted, eid, &facts) {
                Decision::Read(Fact::Pool) => pool = self.lock_pool(transaction).await?.into(),
                Decision::Read(Fact::Held) => {
                    (held, ambiguous) = self.held(transaction).await?;
                }
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
                    (held, ambiguous) = self.held(transaction).await?;
                    rechecked = true;
                }
                Decision::Take(code) => {
                    if ledger::try_insert(transaction, self.tenant, self.handout(code)).await? {
                        return self.take(transaction, code).await;
                    }
                    (refused, marked) = (refused + 1, false);
                    (held, candidate, bound) = (Known::Unread, Known::Unread, Known::Unread);
                }
                Decision::Again(Held { code, device_state, told }) => {
                    // Device states are locked before codes: after a code, what is new is left to the
                    // next claim.
                    if let (Told::More, false, 0, Known::Present(holding)) =
                        (told, rechecked, refused, &held)
                    {
                        return self.learn(transaction, holding).await;
                    }
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
                    return Err(StoreError::Locked(cause));
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

    /// The code that the device has in this pool; and whether several devices of its name have one.
    async fn held(
        &self,
        transaction: &mut Transaction<'_>,
    ) -> Result<(Known<Holding>, bool), StoreError> {
        let holder = holders::holder(transaction, self.tenant, self.pool, &self.new.device).await?;
        let handout = match holder {
            Holder::NoDevice => return Ok((Known::Absent, false)),
            Holder::Ambiguous => return Ok((Known::Absent, true)),
            Holder::Device(handout) => handout,
        };
        let code = self.codes().at(handout.code_position, handout.code_id);
        let code = transaction.row::<CodeRow>(code).await?;
        let scope = Scope::pool(self.tenant, self.pool);
        let state = handout.device_state().uuid();
        let state = scope.find::<DeviceState>(state, transaction.dialect());
        let state = transaction.row::<DeviceStateRow>(state).await?;
        match (code, state.map(DeviceState::from)) {
            (Some(code), Some(device_state)) => {
                let told = self.new.told(&device_state.details);
                let handout = handout.id;
                Ok((Known::Present(Holding { handout, code, device_state, told }), false))
            }
            _ => Err(ended()),
        }
    }

    /// Stores what the claim tells of the device that has a code.
    async fn learn(
        &self,
        transaction: &mut Transaction<'_>,
        Holding { handout, code, device_state, .. }: &Holding,
    ) -> Result<WriteOutcome<Taken>, StoreError> {
        let (tenant, pool) = (self.tenant, self.pool);
        let key = EntityKey { pool, id: device_state.id };
        let locked = device_states::lock(transaction, tenant, key).await?;
        let (old, _) = locked.ok_or_else(ended)?;
        let details = self.new.known_with(old.details.clone());
        let device = DeviceIdentity::new(details.eid.as_deref(), details.device_name.as_deref());
        let identified = Vec::from_iter(device.map(|device| (*handout, device)));
        transaction.execute(holders::identify(tenant, &identified)).await?;
        let new = old.changed(details, self.at);
        let texts = device_states::folded([&new.details]);
        transaction.execute(device_states::update(tenant, &[(pool, &new)], &texts)).await?;
        let told = [old.details, new.details.clone()];
        Ok(match self.claimed(code, new, Activity::ClaimAgain)? {
            WriteOutcome::Changed { value, audit, replay } => {
                let [old, new] = told;
                let audit = audit.with("deviceName", old.device_name, new.device_name).with(
                    "universalIntegratedCircuitCardIdentifier",
                    old.eid,
                    new.eid,
                );
                WriteOutcome::Changed { value, audit, replay }
            }
            unchanged @ WriteOutcome::Unchanged(_) => unchanged,
        })
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
        twins::mark(transaction, tenant, &[self.original(code)], &self.left).await?;
        let new = &self.new.device_state;
        let row = NewRow { pool, new, handout: Some(self.new.handout.uuid()) };
        let texts = device_states::folded([&new.details]);
        transaction.execute(device_states::insert(tenant, &[row], &texts)).await?;
        self.claimed(code, new.as_device_state(), Activity::Claim)
    }
}
