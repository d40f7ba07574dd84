//! What is done from time to time.

use std::time::Duration;

use tokio::time::MissedTickBehavior;

/// Works now, and again after each interval, until it is aborted. Work that takes longer than an interval
/// is not made up for.
pub(super) async fn every<F: Future<Output = ()>>(interval: Duration, mut work: impl FnMut() -> F) {
    let mut tick = tokio::time::interval(interval);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        work().await;
    }
}
