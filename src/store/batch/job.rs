//! What can be batched.

use std::fmt::Debug;
use std::sync::Arc;

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

    /// Executes all jobs atomically. Results are in input order.
    ///
    /// A batch of one waits for locks. A batch of several skips rows that others have locked, and
    /// leaves the jobs concerned as [`JobResult::RetryAlone`].
    ///
    /// # Errors
    ///
    /// Nothing was done. Unless the database is away, the batch is bisected and tried again.
    fn execute_batch(
        context: &Self::Context,
        jobs: &[Arc<Self>],
    ) -> impl Future<Output = Result<Vec<JobResult<Self::Output>>, StoreError>> + Send;

    /// Executes a job that even a batch of one has left as [`JobResult::RetryAlone`].
    fn execute_alone(
        _context: &Self::Context,
        _job: &Arc<Self>,
    ) -> impl Future<Output = Result<Self::Output, StoreError>> + Send {
        let reason = "other transactions held its rows for too long".to_owned();
        std::future::ready(Err(StoreError::Unavailable(reason)))
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
