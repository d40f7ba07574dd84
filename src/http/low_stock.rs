//! When the stock of a pool is to be checked after a claim: now, or once at the end of a pause.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use quick_cache::UnitWeighter;
use quick_cache::unsync::Cache;

use crate::domain::PoolId;

/// The least time between two checks of one pool.
const CHECK_PAUSE: Duration = Duration::from_secs(10);
/// How many pools are remembered. A pool that was forgotten is checked once more than necessary.
const MAX_POOLS: u64 = 10_000;
/// For how many of them memory is set aside at once.
const EXPECTED_POOLS: usize = 64;

/// When the pools with recent claims were checked last.
#[derive(Debug)]
pub(super) struct LowStockWatch(Mutex<Cache<PoolId, LastCheck>>);

#[derive(Debug)]
struct LastCheck {
    at: Instant,
    /// Whether another check is scheduled for the end of the pause.
    scheduled: bool,
}

/// When a pool is to be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CheckTime {
    Now,
    After(Duration),
    /// Another claim has scheduled the check already.
    Scheduled,
}

impl Default for LowStockWatch {
    fn default() -> Self {
        Self(Mutex::new(Cache::with_weighter(EXPECTED_POOLS, MAX_POOLS, UnitWeighter)))
    }
}

impl LowStockWatch {
    /// When to check a pool that was claimed from. For [`CheckTime::After`], the caller asks
    /// [`Self::is_due`] at the end of the pause.
    pub(super) fn next_check(&self, pool: PoolId, now: Instant) -> CheckTime {
        let mut checks = self.checks();
        if let Some(mut last) = checks.get_mut(&pool) {
            let left = (last.at + CHECK_PAUSE).saturating_duration_since(now);
            if !left.is_zero() {
                let scheduled = std::mem::replace(&mut last.scheduled, true);
                return if scheduled { CheckTime::Scheduled } else { CheckTime::After(left) };
            }
        }
        checks.insert(pool, LastCheck { at: now, scheduled: false });
        CheckTime::Now
    }

    /// Whether a scheduled check is still to be made: a claim at the end of the pause may have made
    /// it.
    pub(super) fn is_due(&self, pool: PoolId, now: Instant) -> bool {
        let mut checks = self.checks();
        let due = checks.get(&pool).is_none_or(|last| last.scheduled);
        if due {
            checks.insert(pool, LastCheck { at: now, scheduled: false });
        }
        due
    }

    fn checks(&self) -> MutexGuard<'_, Cache<PoolId, LastCheck>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{CHECK_PAUSE, CheckTime, LowStockWatch};
    use crate::domain::IdGenerator;

    #[test]
    fn claims_within_a_pause_lead_to_one_check_at_its_end() {
        let (watch, ids) = (LowStockWatch::default(), IdGenerator::counting());
        let (pool, other) = (ids.next(), ids.next());
        let begin = Instant::now();
        let later = begin + Duration::from_secs(3);
        let left = Duration::from_secs(7);
        assert_eq!(watch.next_check(pool, begin), CheckTime::Now);
        assert_eq!(watch.next_check(pool, later), CheckTime::After(left));
        assert_eq!(watch.next_check(pool, later), CheckTime::Scheduled);
        assert_eq!(watch.next_check(other, later), CheckTime::Now);
        let end = begin + CHECK_PAUSE;
        assert!(watch.is_due(pool, end));
        assert!(!watch.is_due(pool, end), "once");
        assert_eq!(watch.next_check(pool, end), CheckTime::After(CHECK_PAUSE));
        // A claim after the pause does not wait.
        let end = end + CHECK_PAUSE;
        assert_eq!(watch.next_check(pool, end), CheckTime::Now);
        assert!(!watch.is_due(pool, end), "already checked");
    }
}
