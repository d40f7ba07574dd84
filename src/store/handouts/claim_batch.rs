//! Claims of several devices in one transaction: each gets the next free code of its pool. A claim
//! that wants something else, or finds something in its way, is retried alone.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use const_format::formatcp;

use super::claim::{Claim, Taken};
use super::claim_facts::read_facts;
use super::decide::{Decision, Fact, Facts, Known, decide};
use super::free_codes::{CodeRow, FreeCode, Need, lock_free};
use super::ledger;
use super::outcome::INSTALLING;
use super::twins;
use crate::domain::{Activity, ClaimOutcome, PoolId, TenantId};
use crate::store::batch::{BatchJob, JobResult};
use crate::store::db::{Array, BoundStatement, Dialect, Statement, Transaction, Unit, params};
use crate::store::device_states::{self, NewRow};
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::store::stock_entries::StockChanges;
use crate::store::write::{AuditEntry, AuditedWrite, WriteOutcome, WriteRecord, with_audit};

/// A claim that waits to be executed.
#[derive(Debug)]
pub(super) struct ClaimJob {
    pub(super) record: WriteRecord,
    pub(super) claim: Arc<Claim>,
}

impl BatchJob for ClaimJob {
    type Context = Store;
    type Output = ClaimOutcome;

    fn tenant(&self) -> TenantId {
        self.claim.tenant
    }

    async fn execute_batch(
        store: &Store,
        jobs: &[Arc<Self>],
        until: Instant,
    ) -> Result<Vec<JobResult<ClaimOutcome>>, StoreError> {
        let Some(first) = jobs.first() else { return Ok(Vec::new()) };
        let hint =
            |job: &Arc<Self>| (job.claim.pool, store.free_code_hints().position(job.claim.pool));
        let from: HashMap<_, _> = jobs.iter().map(hint).collect();
        let unit = Unit::of("claim batch", first.tenant().uuid()).until(until);
        let all = jobs.to_vec();
        let done = store.commit(store.engine().deadline(), unit, move |transaction| {
            Box::pin(async move { claim_all(transaction, &all, &from).await })
        });
        match done.await {
            // Something was claimed between looking and writing.
            Err(StoreError::Conflict(_)) if jobs.len() == 1 => Ok(vec![JobResult::RetryAlone]),
            done => {
                let results = done?.into_iter().zip(jobs);
                store.note_stock_change(first.tenant(), first.claim.pool);
                Ok(results.map(|(result, job)| job.noted(store, result)).collect())
            }
        }
    }

    async fn execute_alone(
        store: &Store,
        job: &Arc<Self>,
        until: Instant,
    ) -> Result<ClaimOutcome, StoreError> {
        let (claim, from) = (job.claim.clone(), store.free_code_hints().position(job.claim.pool));
        let unit = Unit::of("claim", claim.tenant.uuid()).until(until);
        let deadline = store.engine().deadline();
        let taken = store.execute_write(deadline, unit, job.record.clone(), move |transaction| {
            Box::pin(async move { claim.execute(transaction, from).await })
        });
        let taken = taken.await?;
        job.note(store, &taken);
        Ok(taken.outcome)
    }
}

impl ClaimJob {
    fn noted(&self, store: &Store, result: JobResult<Taken>) -> JobResult<ClaimOutcome> {
        match result {
            JobResult::RetryAlone => JobResult::RetryAlone,
            JobResult::Done(taken) => {
                self.note(store, &taken);
                JobResult::Done(taken.outcome)
            }
        }
    }

    /// Remembers where the next claim should look.
    fn note(&self, store: &Store, taken: &Taken) {
        if let Some(position) = taken.position {
            store.free_code_hints().set(self.claim.pool, position);
        }
    }
}

/// A claim, and the code that it takes.
struct Taking<'j> {
    job: &'j ClaimJob,
    code: CodeRow,
    has_twin: bool,
}

async fn claim_all(
    transaction: &mut Transaction<'_>,
    jobs: &[Arc<ClaimJob>],
    from: &HashMap<PoolId, i32>,
) -> Result<(Vec<JobResult<Taken>>, Option<AuditEntry>), StoreError> {
    let Some(first) = jobs.first() else { return Ok((Vec::new(), None)) };
    let tenant = first.claim.tenant;
    let taking = assign_codes(transaction, tenant, jobs, from).await?;
    let takers: Vec<_> = taking.iter().flatten().collect();
    let entry = takers.first().map(|taking| taking.job.record.entry.clone());
    let (mut writes, mut taken) = (Vec::with_capacity(takers.len()), VecDeque::new());
    for Taking { job: ClaimJob { record, claim }, code, .. } in &takers {
        let device_state = claim.new.device_state.as_device_state();
        match claim.claimed(code, device_state, Activity::Claim)? {
            WriteOutcome::Changed { value, audit, replay } => {
                taken.push_back(value);
                writes.push(AuditedWrite { record, audit, replay });
            }
            WriteOutcome::Unchanged(_) => {
                unreachable!("a code that is taken is changed")
            }
        }
    }
    if !writes.is_empty() {
        for statement in statements(transaction.dialect(), tenant, &takers, &writes)? {
            transaction.execute(statement).await?;
        }
        let with_twins = takers.iter().filter(|taking| taking.has_twin);
        let originals = with_twins.map(|it| it.job.claim.original(&it.code));
        let originals: Vec<_> = originals.collect();
        if !originals.is_empty() {
            // Whichever claim it is that marks what is left.
            twins::mark(transaction, tenant, &originals, &takers[0].job.claim.left).await?;
        }
    }
    let result = |taking: &Option<Taking<'_>>| match taking {
        Some(_) => JobResult::Done(taken.pop_front().expect("one for each that takes a code")),
        None => JobResult::RetryAlone,
    };
    Ok((taking.iter().map(result).collect(), entry))
}

/// Locks a free code for each claim that needs nothing else to be decided.
async fn assign_codes<'j>(
    transaction: &mut Transaction<'_>,
    tenant: TenantId,
    jobs: &'j [Arc<ClaimJob>],
    from: &HashMap<PoolId, i32>,
) -> Result<Vec<Option<Taking<'j>>>, StoreError> {
    let claims: Vec<&Claim> = jobs.iter().map(|job| &*job.claim).collect();
    let mut facts = read_facts(transaction, tenant, &claims).await?;
    let wants_next = |job: &ClaimJob, facts: &Facts<'_>| {
        let wanted = job.claim.new.iccid.as_ref();
        let eid = job.claim.new.eid();
        wanted.is_none() && matches!(decide(wanted, eid, facts), Decision::Read(Fact::Candidate))
    };
    let mut wanted: HashMap<PoolId, i32> = HashMap::new();
    for (job, _) in jobs.iter().zip(&facts).filter(|(job, facts)| wants_next(job, facts)) {
        *wanted.entry(job.claim.pool).or_default() += 1;
    }
    let need = |(&pool, &wanted): (&PoolId, &i32)| Need { pool, wanted, from: from[&pool] };
    let needs: Vec<_> = wanted.iter().map(need).collect();
    let mut codes = lock_free(transaction, tenant, &needs).await?;
    let taking = jobs.iter().zip(&mut facts).map(|(job, facts)| {
        let FreeCode { code, has_twin } = if wants_next(job, facts) {
            codes.get_mut(&job.claim.pool).and_then(VecDeque::pop_front)
        } else {
            None
        }?;
        let facts = Facts { candidate: Known::Present(&code), ..*facts };
        let new = &job.claim.new;
        let takes = matches!(decide(new.iccid.as_ref(), new.eid(), &facts), Decision::Take(_));
        takes.then_some(Taking { job, code, has_twin })
    });
    Ok(taking.collect())
}

fn statements(
    dialect: Dialect,
    tenant: TenantId,
    takers: &[&Taking<'_>],
    writes: &[AuditedWrite<'_>],
) -> Result<Vec<BoundStatement>, StoreError> {
    const TAKE_CODES: &str = formatcp!(
        "update activation_codes
         set state = {INSTALLING}, state_changed_at = at
         from @taken
         where @likely(tenant_id = $1) and pool_id = in_pool and position = at_position"
    );
    let claims = || takers.iter().map(|taking| (&taking.job.claim, &taking.code));
    let take_codes = Statement::new(TAKE_CODES, params![tenant]).with(
        "taken",
        [
            ("in_pool", Array::Ids(claims().map(|(claim, _)| claim.pool.uuid()).collect())),
            ("at_position", Array::Ints(claims().map(|(_, code)| code.position).collect())),
            ("at", Array::Timestamps(claims().map(|(claim, _)| claim.at).collect())),
        ],
    );
    let handouts: Vec<_> = claims().map(|(claim, code)| claim.handout(code)).collect();
    let states = claims().map(|(claim, _)| NewRow {
        pool: claim.pool,
        new: &claim.new.device_state,
        handout: Some(claim.new.handout.uuid()),
    });
    let states: Vec<_> = states.collect();
    let texts = device_states::folded(states.iter().map(|row| &row.new.details));
    let mut stock = StockChanges::default();
    for (claim, code) in claims() {
        claim.count(&mut stock, code);
    }
    let all = vec![
        take_codes,
        stock.insert(tenant),
        ledger::insert(tenant, &handouts),
        device_states::insert(tenant, &states, &texts),
    ];
    with_audit(dialect, writes, all)
}
