//! What the service forgets by itself: old entries of the audit log, and keys that nobody will send
//! again.

use std::time::Duration;

use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::config::Settings;
use crate::domain::Timestamp;
use crate::store::Store;

const EVERY: Duration = Duration::from_hours(1);
const DAY: i64 = 24 * 60 * 60 * 1_000_000;

/// Forgets beside the requests, now and every hour, until it is aborted.
pub(super) fn start(store: Store, settings: &Settings, clock: Clock) -> JoinHandle<()> {
    let kept = i64::from(settings.audit.retention_days);
    tokio::spawn(async move {
        let mut tick = tokio::time::interval(EVERY);
        loop {
            tick.tick().await;
            let ago =
                |days: i64| Timestamp::from_micros(clock.now().micros().saturating_sub(days * DAY));
            let entries = (kept > 0).then(|| ago(kept));
            // A database that is away is told of elsewhere.
            if let Err(error) = store.forget(entries, ago(1)).await {
                tracing::debug!(%error, "nothing was forgotten");
            }
        }
    })
}
