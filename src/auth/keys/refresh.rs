//! The background task that keeps the keys of one issuer fresh.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::jwks_cache::State;
use super::{JwksCache, KeyLimits, KeySet, KeySource};

/// The pause after the first failed fetch; it doubles with every further failure.
const MIN_RETRY_INTERVAL: Duration = Duration::from_secs(1);
const MAX_RETRY_INTERVAL: Duration = Duration::from_mins(1);

/// Fetches keys repeatedly. The current keys stay in use until others have been fetched, or they are too
/// old.
#[derive(Debug)]
pub struct Refresher {
    state: Arc<watch::Sender<State>>,
    source: KeySource,
    interval: Duration,
}

impl Refresher {
    /// A cache of the keys of `source` that starts with those that are `known`, if any are, and the
    /// task that refreshes it: regularly, and when a token names an unknown key, though for that reason
    /// at most once per cooldown.
    #[must_use]
    pub fn new(source: KeySource, known: Option<KeySet>, limits: KeyLimits) -> (JwksCache, Self) {
        let cache = JwksCache::refreshed(known, limits);
        let state = cache.state();
        (cache, Self { state, source, interval: limits.refresh })
    }

    /// Fetches immediately if no keys are known, then at every interval and on request. Never
    /// returns.
    pub async fn run(self) {
        let mut requested = self.state.subscribe();
        let mut retry = MIN_RETRY_INTERVAL;
        let mut due = Instant::now();
        if self.state.borrow().fetched_at.is_some() {
            due += self.interval;
        }
        loop {
            // The wait cannot fail, because this task owns a sender.
            drop(timeout_at(due, requested.wait_for(State::is_fetching)).await);
            if self.fetch().await {
                retry = MIN_RETRY_INTERVAL;
                due = Instant::now() + self.interval;
            } else {
                due = Instant::now() + retry.min(self.interval);
                retry = MAX_RETRY_INTERVAL.min(retry * 2);
            }
        }
    }

    /// Fetches once, for all requests that wait. Returns whether it succeeded.
    async fn fetch(&self) -> bool {
        self.state.send_modify(|state| state.started = state.finished + 1);
        let fetched = self.source.fetch().await;
        let done = fetched.is_ok();
        self.state.send_modify(|state| {
            state.finished = state.started;
            match fetched {
                Ok(keys) => {
                    let last_error = state.last_error.take();
                    if keys.is_empty() {
                        tracing::warn!(
                            source = %self.source,
                            "the issuer has no keys that can verify tokens: all its tokens are refused"
                        );
                    } else if last_error.is_some() || !keys.same_as(&state.keys) {
                        tracing::info!(source = %self.source, keys = ?keys, "issuer keys fetched");
                    }
                    state.keys = Arc::new(keys);
                    state.fetched_at = Some(std::time::Instant::now());
                }
                Err(error) => {
                    let (kept, cause) = (state.keys.len(), error.to_string());
                    tracing::warn!(source = %self.source, cause, kept, "issuer keys could not be fetched");
                    state.last_error = Some(cause);
                }
            }
        });
        done
    }
}
