//! Waiting for rows that other transactions have locked, without a connection.

use std::time::{Duration, Instant};

use crate::shares::{Holder, Shares, Threshold};
use crate::store::error::StoreError;

/// Repeats units of work that have met a locked row.
///
/// A statement waits for a lock only briefly. Its transaction is then rolled back, and its
/// connection serves others until the next attempt. So a lock that is held for long delays those who
/// need it, and does not use up the connections. Nor does one tenant use up what others need for
/// their repeated attempts.
#[derive(Clone, Debug)]
pub(in crate::store) struct LockRetries {
    shares: Shares,
}

impl LockRetries {
    /// How long a statement waits for a lock.
    pub(super) const LOCK_TIMEOUT: Duration = Duration::from_millis(200);
    const FIRST_PAUSE: Duration = Duration::from_millis(50);
    const MAX_PAUSE: Duration = Duration::from_millis(400);
    /// An attempt that has taken so long has its locks, and is not counted any more.
    const MAX_COUNTED: Duration = Duration::from_secs(1);

    /// At most a quarter of the connections are used by repeated attempts at a time.
    pub(in crate::store) fn new(max_connections: u32, threshold: Threshold) -> Self {
        let whole = usize::try_from(max_connections / 4).unwrap_or(usize::MAX);
        Self { shares: Shares::new(whole.max(1), threshold) }
    }

    /// Makes a tenant's attempts until one does not end as [`StoreError::Locked`], or no time is left.
    #[expect(clippy::disallowed_methods, reason = "a lock in the database cannot be awaited")]
    pub(in crate::store) async fn run<T, F>(
        &self,
        tenant: Holder,
        until: Instant,
        mut attempt: impl FnMut() -> F,
    ) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        let mut outcome = attempt().await;
        let mut pause = Self::FIRST_PAUSE;
        while matches!(outcome, Err(StoreError::Locked(_))) && Instant::now() + pause < until {
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Self::MAX_PAUSE);
            let Some(share) = self.shares.take(tenant, 1, until).await else { break };
            let mut attempt = Box::pin(attempt());
            outcome =
                if let Ok(outcome) = tokio::time::timeout(Self::MAX_COUNTED, &mut attempt).await {
                    outcome
                } else {
                    drop(share);
                    attempt.await
                };
        }
        outcome
    }
}
