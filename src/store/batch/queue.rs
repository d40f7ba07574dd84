//! The jobs of one kind that wait, by tenant.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::job::BatchJob;
use super::policy::{CONFLICT_BACKOFF, MAX_BATCH_ROWS, Pace, Policy, SLOW_BATCH};
use crate::domain::TenantId;
use crate::store::error::StoreError;

/// The queues of one kind of job, one a tenant.
#[derive(Debug)]
pub(super) struct BatchQueues<J: BatchJob> {
    by_tenant: Mutex<HashMap<TenantId, Queue<J>>>,
    waiting: AtomicUsize,
    policy: Policy,
}

/// A tenant's queue. It exists while a job waits or a batch executes.
#[derive(Debug)]
struct Queue<J: BatchJob> {
    waiting: VecDeque<Waiting<J>>,
    in_flight: usize,
    slow: bool,
    conflict_until: Option<Instant>,
    /// How long batches take, the last ones weighing most.
    batch_took: Duration,
    /// When the last batch began.
    last_began: Instant,
}

/// A job, and where its caller waits.
#[derive(Debug)]
pub(super) struct Waiting<J: BatchJob> {
    pub(super) job: Arc<J>,
    pub(super) until: Instant,
    caller: oneshot::Sender<Result<J::Output, StoreError>>,
    /// Whether it is no longer for others to take: it executes, or its caller has given up.
    taken: Arc<AtomicBool>,
    since: Instant,
}

/// What a caller holds while its job waits.
#[derive(Debug)]
pub(super) struct Caller<J: BatchJob> {
    result: oneshot::Receiver<Result<J::Output, StoreError>>,
    taken: Arc<AtomicBool>,
    until: Instant,
}

impl<J: BatchJob> BatchQueues<J> {
    pub(super) fn new(policy: Policy) -> Self {
        Self { by_tenant: Mutex::default(), waiting: AtomicUsize::default(), policy }
    }

    fn queues(&self) -> MutexGuard<'_, HashMap<TenantId, Queue<J>>> {
        self.by_tenant.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a job. Returns what its caller waits with, and whether to begin another
    /// [drain](Self::next) of the tenant's queue.
    ///
    /// # Errors
    ///
    /// Too many jobs wait, too many of them of its tenant, or those before it would take longer than its caller is to wait.
    pub(super) fn enqueue(&self, job: Arc<J>) -> Result<(Caller<J>, bool), StoreError> {
        let refused = |reason: &str| {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            Err(StoreError::Unavailable(reason.to_owned()))
        };
        let waiting = self.waiting.fetch_add(1, Ordering::Relaxed);
        let free = self.policy.max_waiting.saturating_sub(waiting);
        if free == 0 {
            return refused("too many jobs are waiting");
        }
        let mut queues = self.queues();
        let queue = queues.entry(job.tenant()).or_insert_with(Queue::new);
        if !self.policy.threshold.admits(queue.waiting.len(), 1, free) {
            return refused("too many jobs of the tenant are waiting");
        }
        if queue.expected_wait(self.policy) > self.policy.patience {
            return refused("the queue is too long");
        }
        let (waiting, caller) = Waiting::new(job, self.policy.patience);
        queue.waiting.push_back(waiting);
        let begin = queue.in_flight < self.policy.max_in_flight(queue.pace());
        queue.in_flight += usize::from(begin);
        Ok((caller, begin))
    }

    /// The next batch of a tenant, or `None` to end the drain that asks.
    pub(super) fn next(&self, tenant: TenantId) -> Option<Vec<Waiting<J>>> {
        let mut queues = self.queues();
        let queue = queues.get_mut(&tenant)?;
        // Drains become too many when a slow queue is fast again.
        if queue.in_flight <= self.policy.max_in_flight(queue.pace()) {
            let before = queue.waiting.len();
            let batch = queue.take_batch(self.policy);
            self.waiting.fetch_sub(before - queue.waiting.len(), Ordering::Relaxed);
            if !batch.is_empty() {
                return Some(batch);
            }
        }
        queue.in_flight -= 1;
        if queue.in_flight == 0 && queue.waiting.is_empty() {
            queues.remove(&tenant);
        }
        None
    }

    /// Adapts to the last batch: how long it took, and whether its jobs conflicted.
    pub(super) fn adapt(&self, tenant: TenantId, took: Duration, conflicted: bool) {
        if let Some(queue) = self.queues().get_mut(&tenant) {
            queue.slow = took > SLOW_BATCH;
            queue.batch_took = (queue.batch_took * 3 + took) / 4;
            if conflicted {
                queue.conflict_until = Some(Instant::now() + CONFLICT_BACKOFF);
            }
        }
    }

    /// Removes the oldest jobs of a tenant as far as no caller waits for them.
    fn remove_unwanted(&self, tenant: TenantId) {
        if let Some(queue) = self.queues().get_mut(&tenant) {
            while queue.waiting.pop_front_if(|oldest| oldest.is_unwanted()).is_some() {
                self.waiting.fetch_sub(1, Ordering::Relaxed);
            }
        }
    }
}

impl<J: BatchJob> Queue<J> {
    fn new() -> Self {
        Self {
            waiting: VecDeque::new(),
            in_flight: 0,
            slow: false,
            conflict_until: None,
            batch_took: Duration::ZERO,
            last_began: Instant::now(),
        }
    }

    fn pace(&self) -> Pace {
        match self.conflict_until {
            Some(until) if Instant::now() < until => Pace::OneByOne,
            _ if self.slow => Pace::Slow,
            _ => Pace::Normal,
        }
    }

    /// How long a further job would wait for those before it.
    fn expected_wait(&self, policy: Policy) -> Duration {
        let pace = self.pace();
        let batches = self.waiting.len() / pace.max_jobs();
        if batches == 0 {
            return Duration::ZERO;
        }
        // A batch that is stuck has no duration yet.
        let batch = self.batch_took.max(self.last_began.elapsed());
        let at_a_time = u32::try_from(policy.max_in_flight(pace)).unwrap_or(u32::MAX);
        batch * u32::try_from(batches).unwrap_or(u32::MAX) / at_a_time
    }

    /// Takes the oldest jobs. Under overload it takes the newest ones: their callers will still be
    /// there when they are done, those of the oldest may have given up.
    fn take_batch(&mut self, policy: Policy) -> Vec<Waiting<J>> {
        self.last_began = Instant::now();
        let oldest = self.waiting.front().map(|oldest| oldest.since.elapsed());
        let newest_first = oldest.is_some_and(|age| age > policy.newest_first_after());
        let (mut batch, mut rows) = (Vec::new(), 0);
        while batch.len() < self.pace().max_jobs() {
            let fits = |waiting: &mut Waiting<J>| {
                batch.is_empty() || rows + waiting.job.rows() <= MAX_BATCH_ROWS
            };
            let next = if newest_first {
                self.waiting.pop_back_if(fits)
            } else {
                self.waiting.pop_front_if(fits)
            };
            let Some(next) = next else { break };
            if next.take() {
                rows += next.job.rows();
                batch.push(next);
            }
        }
        if newest_first {
            batch.reverse();
        }
        batch
    }
}

impl<J: BatchJob> Waiting<J> {
    fn new(job: Arc<J>, patience: Duration) -> (Self, Caller<J>) {
        let (caller, result) = oneshot::channel();
        let (taken, since) = (Arc::<AtomicBool>::default(), Instant::now());
        let until = since + patience;
        let waiting = Self { job, until, caller, taken: taken.clone(), since };
        (waiting, Caller { result, taken, until })
    }

    /// Takes the job to execute it. Says whether its caller still waits.
    fn take(&self) -> bool {
        !self.caller.is_closed() && !self.taken.swap(true, Ordering::Relaxed)
    }

    fn is_unwanted(&self) -> bool {
        self.caller.is_closed() || self.taken.load(Ordering::Relaxed)
    }

    /// Gives the caller its result. A caller that has gone away is no error.
    pub(super) fn complete(self, result: Result<J::Output, StoreError>) {
        drop(self.caller.send(result));
    }
}

impl<J: BatchJob> Caller<J> {
    /// The result of the job. A job whose turn does not come in time is not executed; one that
    /// executes is waited for.
    pub(super) async fn result(
        mut self,
        queues: &BatchQueues<J>,
        tenant: TenantId,
    ) -> Result<J::Output, StoreError> {
        let lost = |_| Err(StoreError::Unknown("the batch did not run to its end".to_owned()));
        tokio::select! {
            biased;
            result = &mut self.result => return result.unwrap_or_else(lost),
            () = tokio::time::sleep_until(self.until.into()) => {}
        }
        if self.taken.swap(true, Ordering::Relaxed) {
            return self.result.await.unwrap_or_else(lost);
        }
        queues.remove_unwanted(tenant);
        Err(StoreError::Unavailable("its turn did not come in time".to_owned()))
    }
}
