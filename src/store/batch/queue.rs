//! The jobs of one kind that wait, by tenant.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::job::BatchJob;
use super::policy::{CONFLICT_BACKOFF, MAX_BATCH_JOBS, MAX_BATCH_ROWS, Pace, Policy, SLOW_BATCH};
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
}

/// A job, and where its caller waits.
#[derive(Debug)]
pub(super) struct Waiting<J: BatchJob> {
    pub(super) job: Arc<J>,
    pub(super) caller: oneshot::Sender<Result<J::Output, StoreError>>,
}

impl<J: BatchJob> BatchQueues<J> {
    pub(super) fn new(policy: Policy) -> Self {
        Self { by_tenant: Mutex::default(), waiting: AtomicUsize::default(), policy }
    }

    fn queues(&self) -> MutexGuard<'_, HashMap<TenantId, Queue<J>>> {
        self.by_tenant.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a job. Says whether to begin another [drain](Self::next) of the tenant's queue.
    ///
    /// # Errors
    ///
    /// Too many jobs wait.
    pub(super) fn enqueue(&self, waiting: Waiting<J>) -> Result<bool, StoreError> {
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= self.policy.max_waiting {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(StoreError::Unavailable("too many jobs are waiting".to_owned()));
        }
        let mut queues = self.queues();
        let queue = queues.entry(waiting.job.tenant()).or_insert_with(Queue::new);
        queue.waiting.push_back(waiting);
        let begin = queue.in_flight < self.policy.max_in_flight(queue.pace());
        queue.in_flight += usize::from(begin);
        Ok(begin)
    }

    /// The next batch of a tenant, or `None` to end the drain that asks.
    pub(super) fn next(&self, tenant: TenantId) -> Option<Vec<Waiting<J>>> {
        let mut queues = self.queues();
        let queue = queues.get_mut(&tenant)?;
        // Drains become too many when a slow queue is fast again.
        let superfluous = queue.in_flight > self.policy.max_in_flight(queue.pace());
        if !superfluous && !queue.waiting.is_empty() {
            let batch = queue.take_batch();
            self.waiting.fetch_sub(batch.len(), Ordering::Relaxed);
            return Some(batch);
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
            if conflicted {
                queue.conflict_until = Some(Instant::now() + CONFLICT_BACKOFF);
            }
        }
    }
}

impl<J: BatchJob> Queue<J> {
    fn new() -> Self {
        Self { waiting: VecDeque::new(), in_flight: 0, slow: false, conflict_until: None }
    }

    fn pace(&self) -> Pace {
        match self.conflict_until {
            Some(until) if Instant::now() < until => Pace::OneByOne,
            _ if self.slow => Pace::Slow,
            _ => Pace::Normal,
        }
    }

    fn take_batch(&mut self) -> Vec<Waiting<J>> {
        let max_jobs = match self.pace() {
            Pace::OneByOne => 1,
            Pace::Normal | Pace::Slow => MAX_BATCH_JOBS,
        };
        let mut rows = 0;
        let fits = |waiting: &&Waiting<J>| {
            rows += waiting.job.rows();
            rows <= MAX_BATCH_ROWS
        };
        let fitting = self.waiting.iter().take(max_jobs).take_while(fits).count();
        self.waiting.drain(..fitting.max(1)).collect()
    }
}

impl<J: BatchJob> Waiting<J> {
    /// Gives the caller its result. A caller that has gone away is no error.
    pub(super) fn complete(self, result: Result<J::Output, StoreError>) {
        drop(self.caller.send(result));
    }
}
