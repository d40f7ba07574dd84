//! All queues of a store, by the kind of job.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::job::BatchJob;
use super::policy::Policy;
use super::queue::BatchQueues;
use super::run;
use crate::store::db::Tasks;
use crate::store::error::StoreError;

/// The queues of every kind of job, made when the first job of a kind is submitted. (They are found
/// by type, so that the store's handle need not name each kind of job, which would name the handle
/// in turn.)
#[derive(Debug)]
pub(in crate::store) struct Queues {
    by_kind: RwLock<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>,
    policy: Policy,
    tasks: Tasks,
}

impl Queues {
    /// Queues whose batches are executed by `tasks`.
    pub(in crate::store) fn new(policy: Policy, tasks: Tasks) -> Self {
        Self { by_kind: RwLock::default(), policy, tasks }
    }

    /// Executes a job, together with others that are waiting. One with very many rows is executed
    /// by itself.
    ///
    /// # Errors
    ///
    /// Those of the job; [`StoreError::Unavailable`] if too many are waiting.
    pub(in crate::store) async fn submit<J: BatchJob>(
        &self,
        context: &J::Context,
        job: J,
    ) -> Result<J::Output, StoreError> {
        run::submit(&self.of_kind::<J>(), &self.tasks, context, job).await
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
