//! Units that are taken, waited for and given back by tasks.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::oneshot;

use super::Holder;
use super::ledger::{Grant, Ledger, Waiter};
use super::threshold::Threshold;

/// A number of units that tenants share. Clones are the same units.
#[derive(Clone, Debug)]
pub(crate) struct Shares(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    ledger: Mutex<Ledger<oneshot::Sender<Share>>>,
    /// The most that one tenant may hold.
    most: usize,
    refused: AtomicU64,
}

/// Units that a tenant holds. Dropping them gives them back.
#[derive(Debug)]
pub(crate) struct Share {
    shares: Shares,
    holder: Holder,
    units: usize,
}

impl Waiter for oneshot::Sender<Share> {
    fn is_waiting(&self) -> bool {
        !self.is_closed()
    }
}

impl Shares {
    pub(crate) fn new(whole: usize, threshold: Threshold) -> Self {
        Self(Arc::new(Inner {
            ledger: Mutex::new(Ledger::new(whole, threshold)),
            most: threshold.most(whole),
            refused: AtomicU64::default(),
        }))
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger<oneshot::Sender<Share>>> {
        self.0.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of free units.
    pub(crate) fn free(&self) -> usize {
        self.ledger().free()
    }

    /// The most units that a tenant may hold, while no other holds any.
    pub(crate) fn most(&self) -> usize {
        self.0.most
    }

    /// How many have waited in vain.
    pub(crate) fn refused(&self) -> u64 {
        self.0.refused.load(Ordering::Relaxed)
    }

    /// Takes units for a tenant, waiting for its turn until then at the latest. `None` if they could
    /// not be had.
    pub(crate) async fn take(&self, holder: Holder, units: usize, until: Instant) -> Option<Share> {
        let granted = {
            let mut ledger = self.ledger();
            if ledger.take(holder, units) {
                return Some(self.share(holder, units));
            }
            let (waiter, granted) = oneshot::channel();
            ledger.wait(holder, units, waiter);
            granted
        };
        if let Ok(Ok(share)) = tokio::time::timeout_at(until.into(), granted).await {
            return Some(share);
        }
        self.0.refused.fetch_add(1, Ordering::Relaxed);
        // The next in its queue may want less.
        self.settle(self.ledger());
        None
    }

    fn share(&self, holder: Holder, units: usize) -> Share {
        Share { shares: self.clone(), holder, units }
    }

    fn give(&self, holder: Holder, units: usize) {
        let mut ledger = self.ledger();
        ledger.give(holder, units);
        self.settle(ledger);
    }

    /// Gives those who wait what they can have now.
    fn settle<'a>(&'a self, mut ledger: MutexGuard<'a, Ledger<oneshot::Sender<Share>>>) {
        let mut next = ledger.grant();
        while let Some(Grant { holder, units, waiter }) = next {
            // A share that its waiter does not want any more gives itself back, which needs the lock.
            drop(ledger);
            drop(waiter.send(self.share(holder, units)));
            ledger = self.ledger();
            next = ledger.grant();
        }
    }
}

impl Share {
    /// How many units these are.
    pub(crate) fn units(&self) -> usize {
        self.units
    }

    /// Adds another share of the same holder in the same units to what is held, if anything is.
    pub(crate) fn merge(held: &mut Option<Self>, mut other: Self) {
        match held {
            Some(held) => {
                debug_assert_eq!(held.holder, other.holder);
                held.units += std::mem::take(&mut other.units);
            }
            nothing => *nothing = Some(other),
        }
    }

    /// Gives back what is more than so many units.
    pub(crate) fn shrink(&mut self, units: usize) {
        let less = self.units.saturating_sub(units);
        if less > 0 {
            self.units -= less;
            self.shares.give(self.holder, less);
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.shrink(0);
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Share, Shares, Threshold};

    fn soon() -> Instant {
        Instant::now() + Duration::from_millis(20)
    }

    fn late() -> Instant {
        Instant::now() + Duration::from_mins(1)
    }

    #[tokio::test]
    async fn who_waits_gets_what_others_give_back() {
        let shares = Shares::new(4, Threshold::new(75));
        let mut held = shares.take(None, 2, soon()).await;
        Share::merge(&mut held, shares.take(None, 1, soon()).await.expect("free"));
        let mut held = held.expect("free");
        let waiting = tokio::spawn({
            let shares = shares.clone();
            async move { shares.take(None, 3, late()).await }
        });
        tokio::task::yield_now().await;
        held.shrink(1);
        assert_eq!(shares.free(), 3, "two would leave nothing");
        drop(held);
        let share = waiting.await.expect("no panic").expect("free by now");
        assert_eq!((share.units(), shares.free(), shares.refused()), (3, 1, 0));
        drop(share);
        assert_eq!(shares.free(), 4);
    }

    #[tokio::test]
    async fn who_waits_in_vain_is_refused_and_lets_the_next_one_through() {
        let shares = Shares::new(4, Threshold::new(75));
        let held = shares.take(None, 2, soon()).await.expect("free");
        let large = shares.take(None, 3, soon());
        let small = async {
            tokio::task::yield_now().await;
            shares.take(None, 1, late()).await
        };
        let (large, small) = tokio::join!(large, small);
        assert!(large.is_none() && small.is_some());
        assert_eq!((shares.free(), shares.refused()), (1, 1));
        drop((held, small));
        assert_eq!(shares.free(), 4);
    }

    #[tokio::test]
    async fn who_goes_away_while_waiting_loses_nothing() {
        let shares = Shares::new(1, Threshold::new(75));
        let held = shares.take(None, 1, soon()).await.expect("free");
        let waiting = tokio::spawn({
            let shares = shares.clone();
            async move { shares.take(None, 1, late()).await }
        });
        tokio::task::yield_now().await;
        waiting.abort();
        drop(held);
        drop(waiting.await);
        assert_eq!(shares.free(), 1);
    }
}
