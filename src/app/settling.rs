//! Learning later what could not be learnt in time: whether a change was stored.

use std::time::Duration;

use tokio::time::MissedTickBehavior;

use crate::store::Store;

const INTERVAL: Duration = Duration::from_secs(2);

/// Asks for the outcome of changes, until it is aborted.
pub(super) async fn run(store: Store) {
    let mut tick = tokio::time::interval(INTERVAL);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        store.settle_changes().await;
    }
}
