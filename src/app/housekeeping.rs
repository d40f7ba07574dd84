//! Deletes expired audit events and idempotency keys, unless the clock cannot be trusted, and completes
//! rotations of keys.

use std::time::{Duration, Instant};

use crate::clock::Clock;
use crate::domain::Timestamp;
use crate::store::{ResealProgress, Store, StoreError};

const INTERVAL: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
const DAY_MICROS: i64 = 24 * 60 * 60 * 1_000_000;

/// Does what is due, now and every hour, until it is aborted.
pub(super) async fn run(store: Store, retention_days: u32, clock: Clock) {
    let mut guard = ClockGuard::new(retention_days);
    let mut tick = tokio::time::interval(INTERVAL);
    loop {
        tick.tick().await;
        if let Err(error) = delete(&store, retention_days.into(), clock, &mut guard).await {
            // A database that cannot be reached is reported elsewhere.
            tracing::debug!(%error, "housekeeping was interrupted");
        }
        reseal(&store).await;
        if let Err(error) = store.fold_stock().await {
            tracing::debug!(%error, "the entries of the stock were not folded");
        }
    }
}

/// Continues a rotation that was interrupted, and seals again what was being sealed with an older key
/// while one ended.
async fn reseal(store: &Store) {
    match store.reseal(|_| ()).await {
        Ok(ResealProgress { damaged, .. }) if damaged > 0 => {
            tracing::warn!(codes = damaged, "matching IDs cannot be decrypted: they are damaged");
        }
        Ok(ResealProgress { resealed, .. }) if resealed > 0 => {
            tracing::info!(codes = resealed, "matching IDs encrypted again under a new data key");
        }
        Ok(_) => {}
        Err(error) => tracing::debug!(%error, "encrypting matching IDs again was interrupted"),
    }
}

async fn delete(
    store: &Store,
    retention_days: i64,
    clock: Clock,
    guard: &mut ClockGuard,
) -> Result<(), StoreError> {
    let newest = store.newest_audit_event().await?;
    let now = clock.now();
    if !guard.trusts(now, Instant::now(), newest) {
        tracing::warn!(
            %now,
            "the clock is far ahead of what was expected; nothing is deleted until it has been steady \
             for a day"
        );
        return Ok(());
    }
    let ago = |days: i64| Timestamp::from_micros(now.micros().saturating_sub(days * DAY_MICROS));
    let audit_before = (retention_days > 0).then(|| ago(retention_days));
    store.forget(audit_before, ago(1)).await
}

/// Keeps a clock that has jumped ahead from making everything look old: what is deleted then is
/// lost, although the clock is corrected the next hour.
///
/// The clock is expected to be within a day of where the time since the last run puts it. For the
/// first run, the newest audit event must be within half the retention, so that no jump deletes all of
/// them. A service that was not used for so long cannot tell the two apart:
/// a doubted clock is trusted once it has been steady for a day, in which someone may notice.
#[derive(Debug)]
struct ClockGuard {
    max_gap: Duration,
    last: Option<Reading>,
    doubted: Option<Reading>,
}

/// What the clock said, and when, by a clock that does not jump.
#[derive(Clone, Copy, Debug)]
struct Reading {
    clock: Timestamp,
    at: Instant,
}

impl Reading {
    /// Whether a later reading is at most so far ahead of what this one makes expected.
    fn explains(self, later: Self, ahead: Duration) -> bool {
        let most = i64::try_from((later.at - self.at + ahead).as_micros()).unwrap_or(i64::MAX);
        later.clock.micros() <= self.clock.micros().saturating_add(most)
    }
}

impl ClockGuard {
    fn new(retention_days: u32) -> Self {
        Self { max_gap: DAY.max(DAY * retention_days / 2), last: None, doubted: None }
    }

    fn trusts(&mut self, clock: Timestamp, at: Instant, newest: Option<Timestamp>) -> bool {
        let now = Reading { clock, at };
        let as_expected = match (self.last, newest) {
            (Some(last), _) => last.explains(now, DAY),
            (None, Some(newest)) => Reading { clock: newest, at }.explains(now, self.max_gap),
            (None, None) => true,
        };
        let steady = |doubted: Reading| doubted.explains(now, DAY) && at - doubted.at >= DAY;
        if as_expected || self.doubted.is_some_and(steady) {
            (self.last, self.doubted) = (Some(now), None);
            return true;
        }
        // From now on the newest event proves nothing: it may bear the time of the doubted clock.
        if self.last.is_none() {
            self.last = newest.map(|clock| Reading { clock, at });
        }
        if !self.doubted.is_some_and(|doubted| doubted.explains(now, DAY)) {
            self.doubted = Some(now);
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A guard asked at certain hours since its start.
    struct Run {
        guard: ClockGuard,
        start: Instant,
    }

    impl Run {
        fn new() -> Self {
            Self { guard: ClockGuard::new(60), start: Instant::now() }
        }

        /// Whether the guard trusts a clock that shows this day, when the newest event is of that one.
        fn trusts(&mut self, hour: u64, clock: i64, newest: i64) -> bool {
            let of_day = |day: i64| Timestamp::from_micros(day * DAY_MICROS);
            let at = self.start + Duration::from_hours(hour);
            self.guard.trusts(of_day(clock), at, Some(of_day(newest)))
        }
    }

    #[test]
    fn a_clock_that_goes_on_is_trusted() {
        let mut run = Run::new();
        assert!((0..10).all(|day| run.trusts(day * 24, 1000 + day.cast_signed(), 1000)));
    }

    #[test]
    fn a_clock_that_jumps_ahead_is_not_trusted_even_after_an_event_by_it() {
        let mut run = Run::new();
        assert!(run.trusts(0, 1000, 1000));
        assert!(!run.trusts(1, 5000, 1000));
        assert!(!run.trusts(2, 5000, 5000));
        assert!(run.trusts(3, 1000, 5000), "it was corrected");
    }

    #[test]
    fn a_start_with_a_clock_far_beyond_the_newest_event_deletes_nothing() {
        let mut run = Run::new();
        assert!(!run.trusts(0, 5000, 1000));
        assert!(!run.trusts(1, 5000, 5000));
        assert!(!run.trusts(23, 5000, 5000));
    }

    #[test]
    fn a_start_after_some_idle_days_is_trusted() {
        assert!(Run::new().trusts(0, 1030, 1000));
        assert!(!Run::new().trusts(0, 1031, 1000), "half of 60 days");
    }

    #[test]
    fn a_doubted_clock_is_trusted_once_it_was_steady_for_a_day() {
        let mut run = Run::new();
        assert!(!run.trusts(0, 5000, 1000));
        assert!(!run.trusts(12, 9000, 1000), "it jumped again");
        assert!(!run.trusts(24, 9000, 1000));
        assert!(run.trusts(36, 9001, 1000));
        assert!(run.trusts(37, 9001, 1000));
    }
}
