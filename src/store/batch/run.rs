//! Executing batches.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use futures_util::FutureExt;

use super::job::{BatchJob, JobResult};
use super::policy::MAX_BATCH_ROWS;
use super::queue::{BatchQueues, Waiting};
use crate::domain::TenantId;
use crate::store::db::{LockRetries, Tasks};
use crate::store::error::StoreError;

/// Whether a job has so many rows that others should not wait for it.
pub(super) fn is_large(job: &impl BatchJob) -> bool {
    job.rows() > MAX_BATCH_ROWS
}

/// Executes a job by itself, and again while it meets locked rows.
pub(super) async fn run_alone<J: BatchJob>(
    retries: &LockRetries,
    context: &J::Context,
    job: &Arc<J>,
    until: Instant,
) -> Result<J::Output, StoreError> {
    retries.run(Some(job.tenant()), until, || run_once(context, job, until)).await
}

async fn run_once<J: BatchJob>(
    context: &J::Context,
    job: &Arc<J>,
    until: Instant,
) -> Result<J::Output, StoreError> {
    match J::execute_batch(context, std::slice::from_ref(job), until).await?.pop() {
        Some(JobResult::Done(output)) => Ok(output),
        Some(JobResult::RetryAlone) | None => J::execute_alone(context, job, until).await,
    }
}

/// Executes a tenant's batches until its queue is empty. Runs as a task of its own: a batch is
/// completed even if its callers go away.
pub(super) async fn drain_queue<J: BatchJob>(
    queues: Arc<BatchQueues<J>>,
    tasks: Tasks,
    retries: LockRetries,
    context: J::Context,
    tenant: TenantId,
) {
    while let Some(batch) = queues.next(tenant) {
        let began = Instant::now();
        let ran = run_batch(&tasks, &retries, &context, batch);
        // A panic fails the jobs of its batch, whose callers are dropped, but not the queue.
        let conflicted = AssertUnwindSafe(ran).catch_unwind().await;
        queues.adapt(tenant, began.elapsed(), conflicted.unwrap_or(true));
    }
}

/// Executes a batch, by halves if it fails, and completes its jobs. Says whether they conflicted.
async fn run_batch<J: BatchJob>(
    tasks: &Tasks,
    retries: &LockRetries,
    context: &J::Context,
    batch: Vec<Waiting<J>>,
) -> bool {
    let retry_alone = |waiting| retry_alone(retries.clone(), context.clone(), waiting);
    let mut conflicted = false;
    let mut parts = vec![batch];
    while let Some(mut part) = parts.pop() {
        let jobs: Vec<_> = part.iter().map(|waiting| waiting.job.clone()).collect();
        let until = part.iter().map(|waiting| waiting.until).min().unwrap_or_else(Instant::now);
        match J::execute_batch(context, &jobs, until).await {
            Ok(results) => {
                for (waiting, result) in part.into_iter().zip(results) {
                    match result {
                        JobResult::Done(output) => waiting.complete(Ok(output)),
                        JobResult::RetryAlone => tasks.spawn(retry_alone(waiting)),
                    }
                }
            }
            // The database is away, for all of them.
            Err(StoreError::Unavailable(cause)) => fail(part, StoreError::Unavailable, &cause),
            Err(StoreError::Unknown(cause)) => fail(part, StoreError::Unknown, &cause),
            Err(_) if part.len() > 1 => {
                conflicted = true;
                let second_half = part.split_off(part.len() / 2);
                parts.extend([second_half, part]);
            }
            Err(error) => {
                let Some(waiting) = part.pop() else { continue };
                if let StoreError::Locked(_) = error {
                    tasks.spawn(retry_alone(waiting));
                } else {
                    waiting.complete(Err(error));
                }
            }
        }
    }
    conflicted
}

/// Fails all jobs of a batch for one cause.
fn fail<J: BatchJob>(batch: Vec<Waiting<J>>, error: fn(String) -> StoreError, cause: &str) {
    for waiting in batch {
        waiting.complete(Err(error(cause.to_owned())));
    }
}

/// Executes a job beside the queue: it may wait for long.
async fn retry_alone<J: BatchJob>(retries: LockRetries, context: J::Context, waiting: Waiting<J>) {
    let result = run_alone(&retries, &context, &waiting.job, waiting.until).await;
    waiting.complete(result);
}
