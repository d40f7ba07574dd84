//! All queues of a store, by the kind of job.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use super::job::BatchJob;
use super::policy::Policy;
use super::queue::BatchQueues;
use super::run;
use crate::store::db::{LockRetries, Tasks};
use crate::store::error::StoreError;

/// The queues of every kind of job, made when the first job of a kind is submitted. (They are found
/// by type, so that the store's handle need not name each kind of job, which would name the handle
/// in turn.)
#[derive(Debug)]
pub(in crate::store) struct Queues {
    by_kind: RwLock<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>,
    policy: Policy,
    tasks: Tasks,
    retries: LockRetries,
}

impl Queues {
    /// Queues whose batches are executed by `tasks`.
    pub(in crate::store) fn new(policy: Policy, tasks: Tasks, retries: LockRetries) -> Self {
        Self { by_kind: RwLock::default(), policy, tasks, retries }
    }

    /// Executes a job, together with others that are waiting. One with very many rows is executed
    /// by itself.
    ///
    /// # Errors
    ///
    /// Those of the job; [`StoreError::Unavailable`] if too many are waiting, or its turn does not
    /// come in time.
    pub(in crate::store) async fn submit<J: BatchJob>(
        &self,
        context: &J::Context,
        job: J,
    ) -> Result<J::Output, StoreError> {
        let job = Arc::new(job);
        if run::is_large(&*job) {
            return self.run_alone(context, &job, Instant::now() + self.policy.patience).await;
        }
        let (queues, tenant) = (self.of_kind::<J>(), job.tenant());
        let (caller, begin) = queues.enqueue(job)?;
        if begin {
            let (tasks, retries) = (self.tasks.clone(), self.retries.clone());
            let drain = run::drain_queue(queues.clone(), tasks, retries, context.clone(), tenant);
            self.tasks.spawn(drain);
        }
        caller.result(&queues, tenant).await
    }

    /// Executes a job by itself, and again while it meets locked rows; it waits until then at the
    /// latest.
    pub(in crate::store) async fn run_alone<J: BatchJob>(
        &self,
        context: &J::Context,
        job: &Arc<J>,
        until: Instant,
    ) -> Result<J::Output, StoreError> {
        run::run_alone(&self.retries, context, job, until).await
    }

    fn of_kind<J: BatchJob>(&self) -> Arc<BatchQueues<J>> {
        let kind = TypeId::of::<J>();
        let known = self.by_kind.read().unwrap_or_else(PoisonError::into_inner).get(&kind).cloned();
        let queues = known.unwrap_or_else(|| {
            let mut all = self.by_kind.write().unwrap_or_else(PoisonError::into_inner);
            let new = || Arc::new(BatchQueues::<J>::new(self.policy)) as Arc<dyn Any + Send + Sync>;
            all.entry(kind).or_insert_with(new).clone()
        });
        queues.downcast().expect("stored under its own type")
    }
}
