//! Keeping it known whether the database is ready.

use std::time::Duration;

use super::every::every;
use crate::store::Store;

const INTERVAL: Duration = Duration::from_secs(1);

/// Probes the database beside the requests, until it is aborted.
pub(super) async fn watch(store: Store) {
    every(INTERVAL, || async {
        if let Err(error) = store.probe().await {
            tracing::debug!(%error, "the database is not ready");
        }
    })
    .await;
}
