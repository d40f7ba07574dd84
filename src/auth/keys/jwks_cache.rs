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
    /// `None` for keys that never change.
    limits: Option<KeyLimits>,
}

/// The times within which an issuer's keys are fetched again.
#[derive(Clone, Copy, Debug)]
pub struct KeyLimits {
    /// The time between two regular fetches.
    pub refresh: Duration,
    /// The minimum time between two fetches caused by requests.
    pub cooldown: Duration,
    /// Keys that were fetched longer ago are not used: the issuer may have withdrawn them.
    pub max_age: Duration,
}

/// The current keys, and the fetches so far.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) keys: Arc<KeySet>,
    /// When these keys were fetched; `None` if none ever were.
    pub(super) fetched_at: Option<Instant>,
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
    /// The number of known keys that are not too old to be used.
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
        Self::new(Some(keys), None)
    }

    pub(super) fn refreshed(known: Option<KeySet>, limits: KeyLimits) -> Self {
        Self::new(known, Some(limits))
    }

    fn new(known: Option<KeySet>, limits: Option<KeyLimits>) -> Self {
        let fetched_at = known.is_some().then(Instant::now);
        let keys = Arc::new(known.unwrap_or_default());
        let state = State { keys, fetched_at, ..State::default() };
        Self { state: Arc::new(watch::Sender::new(state)), limits }
    }

    pub(super) fn state(&self) -> Arc<watch::Sender<State>> {
        self.state.clone()
    }

    /// The state of the keys.
    #[must_use]
    pub fn status(&self) -> JwksStatus {
        let keys = self.keys().map_or(0, |keys| keys.len());
        JwksStatus { keys, last_error: self.state.borrow().last_error.clone() }
    }

    /// Waits until keys are known or the first fetch has failed.
    pub async fn first_fetch(&self) {
        let attempted = |state: &State| state.finished > 0 || state.fetched_at.is_some();
        // The wait cannot fail, because this cache owns a sender.
        drop(self.state.subscribe().wait_for(attempted).await);
    }

    /// The current keys, or `None` if none were fetched yet, or not for too long. An issuer may have
    /// no keys, because it has withdrawn all of them.
    pub(in crate::auth) fn keys(&self) -> Option<Arc<KeySet>> {
        let state = self.state.borrow();
        let fetched_at = state.fetched_at?;
        let is_too_old = self.limits.is_some_and(|it| fetched_at.elapsed() > it.max_age);
        (!is_too_old).then(|| state.keys.clone())
    }

    /// The current keys if they are `wanted`. Otherwise joins the fetch in flight, or starts one
    /// unless a request did so within the cooldown, and returns the keys that it brings; after two
    /// seconds, whatever keys are current then.
    pub(in crate::auth) async fn keys_with(
        &self,
        wanted: impl Fn(&KeySet) -> bool,
    ) -> Option<Arc<KeySet>> {
        let mut keys = self.keys();
        let fetched = async {
            while !keys.as_deref().is_some_and(&wanted) {
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
        let cooldown = self.limits?.cooldown;
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
