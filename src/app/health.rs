//! Keeping it known whether the database is ready.

use std::time::Duration;

use tokio::time::MissedTickBehavior;

use crate::store::Store;

const INTERVAL: Duration = Duration::from_secs(1);

/// Probes the database beside the requests, until it is aborted.
pub(super) async fn watch(store: Store) {
    let mut tick = tokio::time::interval(INTERVAL);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        if let Err(error) = store.probe().await {
            tracing::debug!(%error, "the database is not ready");
        }
    }
}
