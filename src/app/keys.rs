//! Following rotations of the master key.

use std::sync::Arc;
use std::time::Duration;

use super::every::every;
use crate::store::{KeyFollower, Store};

/// How often the service looks for a rotation; one waits for its answer for several times as long.
const INTERVAL: Duration = Duration::from_secs(2);
/// How long a stop may be delayed by a database that cannot be reached.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(1);

/// A follower with the name of this machine and process.
pub(super) fn follower(store: &Store) -> Arc<KeyFollower> {
    let machine = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let name = format!("{machine} (process {})", std::process::id());
    Arc::new(KeyFollower::new(store.clone(), name))
}

/// Follows rotations until it is aborted.
pub(super) async fn follow(follower: Arc<KeyFollower>) {
    every(INTERVAL, || async {
        if let Err(error) = follower.follow().await {
            // A database that cannot be reached is reported elsewhere.
            tracing::debug!(%error, "it is not known whether a key is being rotated");
        }
    })
    .await;
}

/// Ends following, so that no rotation waits for this service.
pub(super) async fn leave(follower: &KeyFollower) {
    let left = tokio::time::timeout(LEAVE_TIMEOUT, follower.leave()).await;
    if !matches!(left, Ok(Ok(()))) {
        tracing::debug!("the next rotation of the master key will wait for this server in vain");
    }
}
