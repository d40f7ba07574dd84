//! Claims of several devices at once: each gets the next free code of its pool. Whoever wants
//! something else, or finds something in its way, goes alone.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use super::codes::{CodeRow, Need, free};
use super::{Claim, Taken};
use crate::domain::{Activity, ClaimOutcome, DeviceStateValue, PoolId, TenantId};
use crate::store::arguments::Values;
use crate::store::audit::Entry;
use crate::store::change::{Changed, Record, Written, write_down};
use crate::store::device_states::{self, Insert};
use crate::store::engine::Dialect;
use crate::store::lanes::{Lanes, Shared, Verdict};
use crate::store::ledger::{self, Given};
use crate::store::record::record;
use crate::store::sql::Sql;
use crate::store::statement::Encoded;
use crate::store::work::Work;
use crate::store::{Store, StoreError};

/// A claim that waits for its turn.
#[derive(Debug)]
pub(in crate::store) struct Job {
    pub(super) record: Record,
    pub(super) claim: Arc<Claim>,
}

impl Shared for Job {
    type Output = ClaimOutcome;

    fn lanes(store: &Store) -> &Lanes<Self> {
        &store.0.lanes.claims
    }

    fn tenant(&self) -> TenantId {
        self.claim.tenant
    }

    async fn together(
        store: &Store,
        jobs: &[Arc<Self>],
    ) -> Result<Vec<Verdict<ClaimOutcome>>, StoreError> {
        let all = jobs.to_vec();
        let begin = jobs.iter().map(|job| (job.claim.pool, store.0.progress.of(job.claim.pool)));
        let begin: HashMap<_, _> = begin.collect();
        let unit = store.commit(store.0.engine.deadline(), move |work| {
            Box::pin(async move { take(work, &all, &begin).await })
        });
        let verdicts = match (unit.await, jobs) {
            (Ok(verdicts), [one]) if matches!(verdicts[..], [Verdict::Alone]) => {
                vec![Verdict::Done(one.alone(store).await?)]
            }
            (Err(StoreError::Conflict(_)), [one]) => vec![Verdict::Done(one.alone(store).await?)],
            (verdicts, _) => verdicts?,
        };
        let note = |(verdict, job): (Verdict<Taken>, &Arc<Self>)| match verdict {
            Verdict::Alone => Verdict::Alone,
            Verdict::Done(Taken { claiming, ord }) => {
                if let Some(ord) = ord {
                    store.0.progress.note(job.claim.pool, ord);
                }
                Verdict::Done(claiming)
            }
        };
        Ok(verdicts.into_iter().zip(jobs).map(note).collect())
    }
}

impl Job {
    /// Looks at everything that can be in a claim's way.
    async fn alone(&self, store: &Store) -> Result<Taken, StoreError> {
        let (claim, begin) = (self.claim.clone(), store.0.progress.of(self.claim.pool));
        let deadline = store.0.engine.deadline();
        let unit = store.make(deadline, self.record.clone(), move |work| {
            Box::pin(async move { claim.make(work, begin).await })
        });
        unit.await
    }
}

/// Who takes which code.
struct Taking<'j> {
    job: &'j Job,
    row: CodeRow,
}

async fn take(
    work: &mut Work<'_>,
    jobs: &[Arc<Job>],
    begin: &HashMap<PoolId, i32>,
) -> Result<(Vec<Verdict<Taken>>, Option<Entry>), StoreError> {
    let Some(first) = jobs.first() else { return Ok((Vec::new(), None)) };
    let tenant = first.claim.tenant;
    let ready = ready(work, tenant, jobs).await?;
    let mut wanted: HashMap<PoolId, i32> = HashMap::new();
    for job in jobs.iter().zip(&ready).filter_map(|(job, ready)| ready.then_some(job)) {
        *wanted.entry(job.claim.pool).or_default() += 1;
    }
    let need = |(&pool, &wanted): (&PoolId, &i32)| Need { pool, wanted, begin: begin[&pool] };
    let needs: Vec<_> = wanted.iter().map(need).collect();
    let mut codes: HashMap<PoolId, VecDeque<CodeRow>> = free(work, tenant, &needs).await?;
    let mut next = |job: &Job| codes.get_mut(&job.claim.pool)?.pop_front();

    let taking = jobs.iter().zip(ready).map(|(job, ready)| {
        let row = if ready { next(job) } else { None };
        row.map(|row| Taking { job, row })
    });
    let taking: Vec<_> = taking.collect();
    let takers: Vec<_> = taking.iter().flatten().collect();
    if takers.is_empty() {
        return Ok((jobs.iter().map(|_| Verdict::Alone).collect(), None));
    }
    let entry = takers.first().map(|taking| taking.job.record.entry.clone());
    let mut done = Vec::with_capacity(jobs.len());
    let mut written = Vec::with_capacity(takers.len());
    for taking in &takers {
        let Taking { job: Job { record, claim }, row } = taking;
        let device_state = claim.new.device_state.as_device_state();
        match claim.done(row, device_state, Activity::Claim)? {
            Changed::Yes { value, audit, memo } => {
                done.push(value);
                written.push(Written { record, audit, memo });
            }
            Changed::Noted { .. } | Changed::No(_) => {
                unreachable!("a code that is taken changes hands")
            }
        }
    }
    for part in writes(work.dialect(), tenant, &takers, &written)? {
        work.execute(part).await?;
    }
    let mut done = done.into_iter();
    let verdict = |taking: &Option<Taking<'_>>| match taking.as_ref().and_then(|_| done.next()) {
        Some(taken) => Verdict::Done(taken),
        None => Verdict::Alone,
    };
    Ok((taking.iter().map(verdict).collect(), entry))
}

record! {
    /// A claim whose pool is there, and whether its device has a code of it already.
    struct StandingRow {
        n: i64,
        active: bool,
    }
}

/// Which of the claims may take the next free code: the pool is there, and stays until the unit of
/// work ends; the device has none and asks for none in particular, and is alone in asking.
async fn ready(
    work: &mut Work<'_>,
    tenant: TenantId,
    jobs: &[Arc<Job>],
) -> Result<Vec<bool>, StoreError> {
    let lock = match work.dialect() {
        Dialect::Postgres => " for key share of pools skip locked",
        Dialect::Sqlite => "",
    };
    let claims = || jobs.iter().map(|job| &job.claim);
    let mut sql = Sql::new(work.dialect(), "", []);
    sql.push(
        "select job.n, (
           select id from handouts
           where handouts.tenant_id = ",
    );
    // A value, as in `known`: a condition would read all that the tenant has handed out.
    sql.arg(tenant).push(
        " and handouts.pool_id = job.in_pool
             and handouts.device = job.to_device and handouts.outcome in (2, 3)) is not null
         from ",
    );
    sql.relation(
        "job",
        &[
            ("in_pool", Values::Ids(claims().map(|claim| claim.pool.uuid()).collect())),
            ("to_device", Values::Texts(claims().map(|claim| claim.new.device.as_str()).collect())),
        ],
    );
    sql.push(" join pools on ").of_tenant("pools.tenant_id", tenant);
    sql.push(" and pools.id = job.in_pool");
    sql.push(lock);
    let rows: Vec<StandingRow> = work.rows(sql.finish()).await?;
    let standing: HashMap<i64, bool> = rows.into_iter().map(|row| (row.n, row.active)).collect();

    let (mut seen, mut ready) = (HashSet::new(), Vec::with_capacity(jobs.len()));
    for (n, claim) in (1..).zip(claims()) {
        ready.push(
            standing.get(&n) == Some(&false)
                && claim.new.iccid.is_none()
                && seen.insert((claim.pool, claim.new.device.as_str())),
        );
    }
    Ok(ready)
}

fn writes(
    dialect: Dialect,
    tenant: TenantId,
    takers: &[&Taking<'_>],
    written: &[Written<'_>],
) -> Result<Vec<Encoded>, StoreError> {
    let claims = || takers.iter().map(|taking| (&taking.job.claim, &taking.row));
    let given: Vec<_> = claims()
        .map(|(claim, row)| Given { pool: claim.pool, code: row.for_ledger(), claim: &claim.new })
        .collect();
    let states: Vec<_> = claims()
        .map(|(claim, _)| Insert {
            pool: claim.pool,
            new: &claim.new.device_state,
            handout: Some(claim.new.handout.uuid()),
        })
        .collect();
    let codes = |sql: &mut Sql| {
        sql.push("update activation_codes set state = ");
        sql.arg(i32::from(DeviceStateValue::Installing.number()))
            .push(", state_changed_at = at from ");
        sql.relation(
            "taken",
            &[
                ("in_pool", Values::Ids(claims().map(|(claim, _)| claim.pool.uuid()).collect())),
                ("at_place", Values::Ints(claims().map(|(_, row)| row.ord).collect())),
                ("at", Values::Moments(claims().map(|(claim, _)| claim.at).collect())),
            ],
        );
        sql.push(" where ").of_tenant("tenant_id", tenant);
        sql.push(" and pool_id = in_pool and ord = at_place");
    };
    let ledger = |sql: &mut Sql| ledger::insert(sql, tenant, &given);
    let states = |sql: &mut Sql| device_states::insert(sql, tenant, &states);
    write_down(dialect, written, &[&codes, &ledger, &states])
}
