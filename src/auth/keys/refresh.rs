//! Keeps the keys of one issuer fresh, beside the requests.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::KeySource;
use super::jwks_cache::State;

/// How soon a fetch that failed is tried again at first; then half as often each time.
const FIRST_RETRY: Duration = Duration::from_secs(1);
/// How seldom at most.
const LAST_RETRY: Duration = Duration::from_mins(1);

/// Fetches keys again and again. The keys in force stay in force until there are others.
#[derive(Debug)]
pub struct Refresher {
    state: Arc<watch::Sender<State>>,
    source: KeySource,
    every: Duration,
}

impl Refresher {
    pub(super) fn new(
        state: Arc<watch::Sender<State>>,
        source: KeySource,
        every: Duration,
    ) -> Self {
        Self { state, source, every }
    }

    /// Fetches at once if there are no keys yet, then every so often and when it is asked to. Runs
    /// for ever.
    pub async fn run(self) {
        let mut asked = self.state.subscribe();
        let mut retry = FIRST_RETRY;
        let mut due = Instant::now();
        if !self.state.borrow().keys.is_empty() {
            due += self.every;
        }
        loop {
            // Whichever comes first; the sender is this task's own, and cannot be gone.
            drop(timeout_at(due, asked.wait_for(State::under_way)).await);
            if self.fetch().await {
                retry = FIRST_RETRY;
                due = Instant::now() + self.every;
            } else {
                due = Instant::now() + retry.min(self.every);
                retry = LAST_RETRY.min(retry * 2);
            }
        }
    }

    /// One fetch, from its begin to its end, for all who wait for it. Says whether there are keys.
    async fn fetch(&self) -> bool {
        self.state.send_modify(|state| state.begun = state.ended + 1);
        let fetched = self.source.fetch().await;
        let done = fetched.is_ok();
        self.state.send_modify(|state| {
            state.ended = state.begun;
            match fetched {
                Ok(keys) => {
                    let last_error = state.last_error.take();
                    if last_error.is_some() || !keys.same_as(&state.keys) {
                        tracing::info!(source = %self.source, keys = ?keys, "issuer's keys are known");
                    }
                    state.keys = Arc::new(keys);
                }
                Err(error) => {
                    let (kept, cause) = (state.keys.len(), error.to_string());
                    tracing::warn!(source = %self.source, cause, kept, "issuer's keys cannot be had");
                    state.last_error = Some(cause);
                }
            }
        });
        done
    }
}
