//! The current keys of one issuer, and how a request asks for newer ones.
//!
//! Requests only read the cache and wait for it; a [`Refresher`](super::Refresher) in the background
//! fetches. So at most one fetch is in flight, however many requests there are.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::KeySet;

/// How long a request waits for a key that is not known yet.
const KEY_TIMEOUT: Duration = Duration::from_secs(2);

/// The keys of one issuer.
#[derive(Debug)]
pub struct JwksCache {
    state: Arc<watch::Sender<State>>,
    /// The minimum time between two fetches caused by requests; `None` for keys that never change.
    cooldown: Option<Duration>,
}

/// The current keys, and the fetches so far.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) keys: Arc<KeySet>,
    /// The number of fetches that were started or requested.
    pub(super) started: u64,
    /// The number of fetches that have finished; at most one less than `started`.
    pub(super) finished: u64,
    /// Why the last fetch failed, if it did.
    pub(super) last_error: Option<String>,
    /// When a request last caused a fetch.
    requested_at: Option<Instant>,
}

/// The state of an issuer's keys, for the banner and the readiness check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JwksStatus {
    /// The number of known keys.
    pub keys: usize,
    /// Why the last fetch failed, if it did.
    pub last_error: Option<String>,
}

impl State {
    pub(super) fn is_fetching(&self) -> bool {
        self.started > self.finished
    }
}

impl JwksCache {
    /// A cache of keys that never change.
    #[must_use]
    pub fn fixed(keys: KeySet) -> Self {
        Self::new(keys, None)
    }

    pub(super) fn refreshed(keys: KeySet, cooldown: Duration) -> Self {
        Self::new(keys, Some(cooldown))
    }

    fn new(keys: KeySet, cooldown: Option<Duration>) -> Self {
        let state = State { keys: Arc::new(keys), ..State::default() };
        Self { state: Arc::new(watch::Sender::new(state)), cooldown }
    }

    pub(super) fn state(&self) -> Arc<watch::Sender<State>> {
        self.state.clone()
    }

    /// The state of the keys.
    #[must_use]
    pub fn status(&self) -> JwksStatus {
        let state = self.state.borrow();
        JwksStatus { keys: state.keys.len(), last_error: state.last_error.clone() }
    }

    /// Waits until keys are known or the first fetch has failed.
    pub async fn first_fetch(&self) {
        let attempted = |state: &State| state.finished > 0 || !state.keys.is_empty();
        // The wait cannot fail, because this cache owns a sender.
        drop(self.state.subscribe().wait_for(attempted).await);
    }

    /// The current keys.
    pub(in crate::auth) fn keys(&self) -> Arc<KeySet> {
        self.state.borrow().keys.clone()
    }

    /// The current keys if they are `wanted`. Otherwise joins the fetch in flight, or starts one
    /// unless a request did so within the cooldown, and returns the keys that it brings; after two
    /// seconds, whatever keys are current then.
    pub(in crate::auth) async fn keys_with(&self, wanted: impl Fn(&KeySet) -> bool) -> Arc<KeySet> {
        let mut keys = self.keys();
        let fetched = async {
            while !wanted(&keys) {
                let Some(fetch) = self.join_or_start_fetch() else { break };
                drop(self.state.subscribe().wait_for(|state| state.finished >= fetch).await);
                keys = self.keys();
            }
        };
        drop(tokio::time::timeout(KEY_TIMEOUT, fetched).await);
        keys
    }

    /// The number of the fetch to wait for, or `None` during the cooldown.
    fn join_or_start_fetch(&self) -> Option<u64> {
        let cooldown = self.cooldown?;
        let mut fetch = None;
        self.state.send_if_modified(|state| {
            let now = Instant::now();
            let start = !state.is_fetching()
                && state.requested_at.is_none_or(|at| now.duration_since(at) >= cooldown);
            if start {
                state.started += 1;
                state.requested_at = Some(now);
            }
            fetch = state.is_fetching().then_some(state.started);
            start
        });
        fetch
    }
}
