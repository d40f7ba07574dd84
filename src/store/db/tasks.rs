//! The runtime that database work runs on.

use tokio::runtime::Handle;
use tokio::task::{JoinError, JoinHandle};
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

use crate::store::error::StoreError;

/// Spawns database work on the runtime that opened the store, and tracks it until it ends.
///
/// A connection belongs to the runtime that opened it. Work that has been spawned is completed even
/// if its caller goes away.
#[derive(Clone, Debug)]
pub(in crate::store) struct Tasks {
    runtime: Handle,
    tracker: TaskTracker,
}

impl Tasks {
    /// Tasks of the current runtime.
    pub(in crate::store) fn current() -> Self {
        Self { runtime: Handle::current(), tracker: TaskTracker::new() }
    }

    /// Spawns work that reports its result by itself.
    pub(in crate::store) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        drop(self.tracker.spawn_on(work, &self.runtime));
    }

    /// Runs work to its end on the store's runtime; in place, if that is the current one.
    pub(super) fn run<T, E>(
        &self,
        work: impl Future<Output = Result<T, E>> + Send + 'static,
    ) -> impl Future<Output = Result<T, E>>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.run_as(work, std::convert::identity)
    }

    /// The same of work that ends when its caller goes away.
    pub(super) fn run_while_wanted<T, E>(
        &self,
        work: impl Future<Output = Result<T, E>> + Send + 'static,
    ) -> impl Future<Output = Result<T, E>>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.run_as(work, AbortOnDropHandle::new)
    }

    /// Runs work as a task that is held by what `hold` makes of its handle.
    fn run_as<T, E, H>(
        &self,
        work: impl Future<Output = Result<T, E>> + Send + 'static,
        hold: impl FnOnce(JoinHandle<Result<T, E>>) -> H,
    ) -> impl Future<Output = Result<T, E>>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        H: Future<Output = Result<Result<T, E>, JoinError>>,
    {
        // Boxed once: the future is large, and would be copied from one future into the next.
        let work = Box::pin(work);
        async move {
            if Handle::try_current().is_ok_and(|here| here.id() == self.runtime.id()) {
                return work.await;
            }
            match hold(self.tracker.spawn_on(work, &self.runtime)).await {
                Ok(done) => done,
                Err(failed) => match failed.try_into_panic() {
                    Ok(panic) => std::panic::resume_unwind(panic),
                    Err(_) => Err(StoreError::Unknown("the program is ending".to_owned()).into()),
                },
            }
        }
    }

    /// Waits until nothing is running.
    pub(super) async fn finish(&self) {
        self.tracker.close();
        self.tracker.wait().await;
    }
}
