//! What can be batched.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Instant;

use crate::domain::TenantId;
use crate::store::error::StoreError;

/// A job that can be executed together with others of its kind.
pub(in crate::store) trait BatchJob:
    Debug + Send + Sync + Sized + 'static
{
    /// What it is executed with.
    type Context: Clone + Send + Sync + 'static;
    /// What its caller gets.
    type Output: Debug + Send + 'static;

    /// The tenant it belongs to: a batch is of one tenant.
    fn tenant(&self) -> TenantId;

    /// How many rows it writes or reads, about.
    fn rows(&self) -> usize {
        1
    }

    /// Executes all jobs atomically. Results are in input order. Waits for a connection until then at
    /// the latest.
    ///
    /// A batch of one may fail because of locked rows. A batch of several skips rows that others have
    /// locked, and leaves the jobs concerned as [`JobResult::RetryAlone`].
    ///
    /// # Errors
    ///
    /// Nothing was done. A job that failed with [`StoreError::Locked`] is repeated. Otherwise, unless
    /// the database is away, the batch is bisected and tried again.
    fn execute_batch(
        context: &Self::Context,
        jobs: &[Arc<Self>],
        until: Instant,
    ) -> impl Future<Output = Result<Vec<JobResult<Self::Output>>, StoreError>> + Send;

    /// Executes a job that even a batch of one has left as [`JobResult::RetryAlone`].
    fn execute_alone(
        _context: &Self::Context,
        _job: &Arc<Self>,
        _until: Instant,
    ) -> impl Future<Output = Result<Self::Output, StoreError>> + Send {
        let reason = "other transactions hold its rows".to_owned();
        std::future::ready(Err(StoreError::Locked(reason)))
    }
}

/// The result of one job of a batch.
#[derive(Debug)]
pub(in crate::store) enum JobResult<T> {
    Done(T),
    /// Nothing was done for this job: it could not be decided together with the others. It is
    /// executed again by itself.
    RetryAlone,
}
