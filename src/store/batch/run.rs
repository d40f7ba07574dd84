//! Executing batches.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use futures_util::FutureExt;
use tokio::sync::oneshot;

use super::job::{BatchJob, JobResult};
use super::policy::MAX_BATCH_ROWS;
use super::queue::{BatchQueues, Waiting};
use crate::domain::TenantId;
use crate::store::db::Tasks;
use crate::store::error::StoreError;

/// See [`Queues::submit`](super::Queues::submit).
pub(super) async fn submit<J: BatchJob>(
    queues: &Arc<BatchQueues<J>>,
    tasks: &Tasks,
    context: &J::Context,
    job: J,
) -> Result<J::Output, StoreError> {
    if job.rows() > MAX_BATCH_ROWS {
        return run_single(context, &Arc::new(job)).await;
    }
    let (caller, result) = oneshot::channel();
    let tenant = job.tenant();
    if queues.enqueue(Waiting { job: Arc::new(job), caller })? {
        tasks.spawn(drain_queue(queues.clone(), tasks.clone(), context.clone(), tenant));
    }
    let lost = |_| Err(StoreError::Unknown("the batch did not run to its end".to_owned()));
    result.await.unwrap_or_else(lost)
}

/// Executes a job by itself.
pub(in crate::store) async fn run_single<J: BatchJob>(
    context: &J::Context,
    job: &Arc<J>,
) -> Result<J::Output, StoreError> {
    match J::execute_batch(context, std::slice::from_ref(job)).await?.pop() {
        Some(JobResult::Done(output)) => Ok(output),
        Some(JobResult::RetryAlone) | None => J::execute_alone(context, job).await,
    }
}

/// Executes a tenant's batches until its queue is empty. Runs as a task of its own: a batch is
/// completed even if its callers go away.
async fn drain_queue<J: BatchJob>(
    queues: Arc<BatchQueues<J>>,
    tasks: Tasks,
    context: J::Context,
    tenant: TenantId,
) {
    while let Some(batch) = queues.next(tenant) {
        let began = Instant::now();
        // A panic fails the jobs of its batch, whose callers are dropped, but not the queue.
        let conflicted = AssertUnwindSafe(run_batch(&tasks, &context, batch)).catch_unwind().await;
        queues.adapt(tenant, began.elapsed(), conflicted.unwrap_or(true));
    }
}

/// Executes a batch, by halves if it fails, and completes its jobs. Says whether they conflicted.
async fn run_batch<J: BatchJob>(
    tasks: &Tasks,
    context: &J::Context,
    batch: Vec<Waiting<J>>,
) -> bool {
    let mut conflicted = false;
    let mut parts = vec![batch];
    while let Some(mut part) = parts.pop() {
        let jobs: Vec<_> = part.iter().map(|waiting| waiting.job.clone()).collect();
        match J::execute_batch(context, &jobs).await {
            Ok(results) => {
                for (waiting, result) in part.into_iter().zip(results) {
                    match result {
                        JobResult::Done(output) => waiting.complete(Ok(output)),
                        JobResult::RetryAlone => tasks.spawn(retry_alone(context.clone(), waiting)),
                    }
                }
            }
            // The database is away, for all of them.
            Err(StoreError::Unavailable(cause) | StoreError::Unknown(cause)) => {
                for waiting in part {
                    waiting.complete(Err(StoreError::Unavailable(cause.clone())));
                }
            }
            Err(_) if part.len() > 1 => {
                conflicted = true;
                let second_half = part.split_off(part.len() / 2);
                parts.extend([second_half, part]);
            }
            Err(error) => {
                if let Some(waiting) = part.pop() {
                    waiting.complete(Err(error));
                }
            }
        }
    }
    conflicted
}

/// Executes a job beside the queue: it may wait for long.
async fn retry_alone<J: BatchJob>(context: J::Context, waiting: Waiting<J>) {
    let result = run_single(&context, &waiting.job).await;
    waiting.complete(result);
}
