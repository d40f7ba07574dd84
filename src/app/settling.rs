//! Learning later what could not be learnt in time: whether a change was stored.

use std::time::Duration;

use super::every::every;
use crate::store::Store;

const INTERVAL: Duration = Duration::from_secs(2);

/// Asks for the outcome of changes, until it is aborted.
pub(super) async fn run(store: Store) {
    every(INTERVAL, || store.settle_changes()).await;
}
