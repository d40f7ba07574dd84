//! Making a quarantined code free again.

use super::ledger::{self, CodeKey};
use super::named_code;
use super::outcome::HandoutOutcome;
use super::twins::{self, Original};
use crate::auth::{Permit, Write};
use crate::domain::{
    Activity, AuditDraft, ChangeContext, CodeState, PoolId, PooledCode, SoughtIccid, TenantId,
    Timestamp, TransitionOutcome,
};
use crate::store::codes::PooledCodeRow;
use crate::store::db::Transaction;
use crate::store::entity::Scope;
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::store::pools::lock_pool;
use crate::store::write::{Created, Idempotent, WriteOutcome, read_replay, write_replay};

impl Store {
    /// Makes a quarantined code free again.
    pub async fn reinstate(
        &self,
        permit: &Permit<Write>,
        pool: PoolId,
        iccid: SoughtIccid,
        context: ChangeContext,
    ) -> Result<TransitionOutcome<PooledCode>, StoreError> {
        let tenant = permit.tenant();
        let reinstated =
            self.write_locking(pool.uuid(), "reinstate", permit, context, move |transaction| {
                Box::pin(
                    async move { reinstate(transaction, tenant, pool, &iccid, context.at).await },
                )
            });
        match reinstated.await? {
            Idempotent::Fresh(outcome) => Ok(outcome),
            Idempotent::Replayed(replay) => {
                let replay: Created = read_replay(&replay)?;
                let found: Option<PooledCode> =
                    self.find(Scope::pool(tenant, pool), replay.id).await?;
                let freed = |code| freed(code, Timestamp::from_micros(replay.at));
                Ok(found.map_or(TransitionOutcome::NotFound, |code| {
                    TransitionOutcome::Done(freed(code))
                }))
            }
        }
    }
}

/// A code as it was when it was reinstated.
fn freed(code: PooledCode, at: Timestamp) -> PooledCode {
    PooledCode { state: CodeState::Free, state_changed_at: at, device_state: None, ..code }
}

async fn reinstate(
    transaction: &mut Transaction<'_>,
    tenant: TenantId,
    pool: PoolId,
    iccid: &SoughtIccid,
    at: Timestamp,
) -> Result<WriteOutcome<TransitionOutcome<PooledCode>>, StoreError> {
    let not_found = Ok(WriteOutcome::Unchanged(TransitionOutcome::NotFound));
    if !lock_pool(transaction, tenant, pool).await? {
        return not_found;
    }
    let quarantined = CodeState::Quarantined;
    let Some(code) = named_code::find(transaction, tenant, pool, iccid, quarantined).await? else {
        return not_found;
    };
    let stored_as = code.state().unwrap_or(CodeState::Free);
    let handout = ledger::of_code(transaction, tenant, code.fingerprint.clone()).await?;
    let in_the_way = match handout {
        Some(handout) if handout.outcome() == Some(HandoutOutcome::Released) => {
            let (id, outcome) = (handout.id, HandoutOutcome::Reinstated);
            ledger::set_outcome(transaction, tenant, id, outcome, at).await?;
            None
        }
        Some(handout) if handout.code_id == code.id => Some(stored_as),
        Some(_) => Some(CodeState::HandedOutElsewhere),
        // It was reinstated in another pool.
        None if stored_as != CodeState::Free => None,
        None => Some(CodeState::Free),
    };
    if let Some(state) = in_the_way {
        return Ok(WriteOutcome::Unchanged(TransitionOutcome::StateConflict(state)));
    }
    let key = CodeKey { pool, position: code.position, id: code.id };
    ledger::set_code_state(transaction, tenant, key, CodeState::Free, at).await?;
    let fingerprint = &code.fingerprint;
    let original = Original { pool: pool.uuid(), position: code.position, fingerprint, at };
    twins::unmark(transaction, tenant, original).await?;
    let find = Scope::pool(tenant, pool).find::<PooledCode>(code.id, transaction.dialect());
    let found = transaction.row::<PooledCodeRow>(find).await?;
    let Some(found) = found.map(PooledCode::from) else { return not_found };
    // Stored as free, it was released in another pool, or in one that has been deleted.
    let old = if stored_as == CodeState::Free { CodeState::HandedOutElsewhere } else { stored_as };
    let name = |state: CodeState| Some(state.name().to_owned());
    let audit = AuditDraft::new(Activity::Reinstate)
        .on("embeddedSIMActivationCodePool", pool.uuid(), None)
        .on("embeddedSIMActivationCode", code.id, Some(found.iccid.as_str()))
        .with("state", name(old), name(CodeState::Free));
    let replay = write_replay(&Created { id: code.id, at: at.micros() });
    Ok(WriteOutcome::Changed { value: TransitionOutcome::Done(found), audit, replay })
}
