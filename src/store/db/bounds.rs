//! How long a unit of work may wait, and take.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;

use super::heartbeat::Heartbeat;
use super::pool::ConnectionPool;
use super::servers::Pooled;
use crate::shares::Holder;
use crate::store::error::StoreError;

/// The bounds of a unit of work.
#[derive(Clone, Debug)]
pub(super) struct Bounds {
    /// Whose work it is.
    pub(super) tenant: Holder,
    /// Until when it may wait for a connection.
    pub(super) wait_until: Instant,
    /// How long it may hold one.
    pub(super) deadline: Duration,
    pub(super) heartbeat: Arc<Heartbeat>,
}

impl Bounds {
    /// Runs work on a connection. `None` if it did not end within its deadline, or the database fell
    /// silent: the connection is closed then.
    pub(super) async fn apply<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let deadline = Instant::now() + self.deadline;
        tokio::select! {
            biased;
            done = work => Some(done),
            () = tokio::time::sleep_until(deadline.into()) => None,
            () = self.heartbeat.silence() => None,
        }
    }

    /// Runs a statement on a connection of a pool. `None` as with [`apply`](Self::apply).
    pub(super) async fn lend<D: Pooled, T>(
        &self,
        connections: &ConnectionPool<D>,
        run: impl for<'c> FnOnce(&'c mut D::Connection) -> BoxFuture<'c, Result<T, sqlx::Error>>,
    ) -> Result<Option<T>, StoreError> {
        let lent = connections.get(self.tenant, self.wait_until).await?;
        let mut lent = lent.for_single_statement();
        let Some(outcome) = self.apply(run(lent.connection())).await else {
            lent.return_if(false);
            return Ok(None);
        };
        let outcome = outcome.map_err(|error| connections.learn(error));
        lent.return_if(!matches!(outcome, Err(StoreError::Unknown(_))));
        outcome.map(Some)
    }
}

/// The error of a connection that has not answered within its deadline: what was sent may have
/// happened.
pub(super) fn timed_out<D: Pooled>(connections: &ConnectionPool<D>) -> StoreError {
    connections.learn(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()))
}
