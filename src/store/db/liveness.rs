//! Which idle connections are taken to be alive.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sqlx::Error;

use crate::store::error::{StoreError, is_read_only};

/// Which idle connections are taken to be alive without a ping.
#[derive(Clone, Debug)]
pub(super) struct Liveness {
    opened: Instant,
    /// When a connection was last found broken, in microseconds after `opened`; 0: never.
    broken: Arc<AtomicU64>,
    /// When a connection last did not answer a ping, likewise.
    lost: Arc<AtomicU64>,
}

impl Liveness {
    /// A connection that has been idle for longer may have died unnoticed.
    const ASSUMED_FOR: Duration = Duration::from_secs(1);

    pub(super) fn new() -> Self {
        Self { opened: Instant::now(), broken: Arc::default(), lost: Arc::default() }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Classifies an error. A broken connection ends the trust in all that were used before it. One to
    /// a server that only reads ends them: another server has taken over.
    pub(super) fn learn(&self, error: Error) -> StoreError {
        if is_read_only(&error) {
            self.lose();
        }
        let error = StoreError::from(error);
        if let StoreError::Unknown(_) = error {
            self.broken.store(self.now(), Ordering::Relaxed);
        }
        error
    }

    /// Records that a connection did not answer: those that were used before now are lost with it.
    /// To ping them one by one would take the patience of as many callers.
    pub(super) fn lose(&self) {
        self.lost.store(self.now(), Ordering::Relaxed);
        self.broken.store(self.now(), Ordering::Relaxed);
    }

    /// When a connection was last found broken.
    pub(super) fn last_broken(&self) -> Option<Instant> {
        let broken = self.broken.load(Ordering::Relaxed);
        (broken > 0).then(|| self.opened + Duration::from_micros(broken))
    }

    /// Whether a connection that was last used so long ago is used without a ping.
    pub(super) fn is_assumed(&self, idle: Duration) -> bool {
        idle < Self::ASSUMED_FOR && self.used_after(&self.broken, idle)
    }

    pub(super) fn is_lost(&self, idle: Duration) -> bool {
        !self.used_after(&self.lost, idle)
    }

    /// Whether a connection that was last used so long ago was used after an event.
    fn used_after(&self, event: &AtomicU64, idle: Duration) -> bool {
        let idle_us = u64::try_from(idle.as_micros()).unwrap_or(u64::MAX);
        let event = event.load(Ordering::Relaxed);
        event == 0 || self.now().saturating_sub(idle_us) > event
    }
}
