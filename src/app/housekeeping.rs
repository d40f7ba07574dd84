//! Deletes expired audit events and idempotency keys.

use std::time::Duration;

use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::config::Settings;
use crate::domain::Timestamp;
use crate::store::Store;

const INTERVAL: Duration = Duration::from_hours(1);
const DAY_MICROS: i64 = 24 * 60 * 60 * 1_000_000;

/// Spawns a task that deletes what has expired, now and every hour, until it is aborted.
pub(super) fn start(store: Store, settings: &Settings, clock: Clock) -> JoinHandle<()> {
    let kept = i64::from(settings.audit.retention_days);
    tokio::spawn(async move {
        let mut tick = tokio::time::interval(INTERVAL);
        loop {
            tick.tick().await;
            let ago = |days: i64| {
                Timestamp::from_micros(clock.now().micros().saturating_sub(days * DAY_MICROS))
            };
            let entries = (kept > 0).then(|| ago(kept));
            // A database that cannot be reached is reported elsewhere.
            if let Err(error) = store.forget(entries, ago(1)).await {
                tracing::debug!(%error, "housekeeping failed");
            }
        }
    })
}
