//! The keys of one issuer that are in force, and how a request asks for newer ones.
//!
//! Requests only ever look at a ring and wait by it; a [`Refresher`] beside them fetches. So there
//! is never more than one fetch under way, whatever the number of requests.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::{KeySet, KeySource, Refresher};

/// How long a request waits for keys at most.
const PATIENCE: Duration = Duration::from_secs(2);

/// The keys of one issuer.
#[derive(Debug)]
pub struct JwksCache {
    state: Arc<watch::Sender<State>>,
    /// How long requests must leave the issuer in peace; `None` where there is nobody to ask.
    cooldown: Option<Duration>,
}

/// What is known, and what is being done about the rest.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) keys: Arc<KeySet>,
    /// Fetches that began, and those that ended: one may be under way.
    pub(super) begun: u64,
    pub(super) ended: u64,
    /// What went wrong with the last one.
    pub(super) last_error: Option<String>,
    /// When a request last caused one.
    asked: Option<Instant>,
}

/// How an issuer's keys are, for the banner and for health.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JwksStatus {
    /// How many are known.
    pub keys: usize,
    /// Why there are no newer ones.
    pub last_error: Option<String>,
}

impl State {
    pub(super) fn under_way(&self) -> bool {
        self.begun > self.ended
    }
}

impl JwksCache {
    /// Keys that never change.
    #[must_use]
    pub fn fixed(keys: KeySet) -> Self {
        let state = State { keys: Arc::new(keys), ..State::default() };
        Self { state: Arc::new(watch::Sender::new(state)), cooldown: None }
    }

    /// Keys that `source` has, beginning with `known`, and who keeps them fresh: every so often,
    /// and when a token names another one, but then once a `cooldown` at most.
    #[must_use]
    pub fn refreshed(
        source: KeySource,
        known: KeySet,
        every: Duration,
        cooldown: Duration,
    ) -> (Self, Refresher) {
        let state = State { keys: Arc::new(known), ..State::default() };
        let state = Arc::new(watch::Sender::new(state));
        let refresher = Refresher::new(state.clone(), source, every);
        (Self { state, cooldown: Some(cooldown) }, refresher)
    }

    /// How the keys are.
    #[must_use]
    pub fn status(&self) -> JwksStatus {
        let state = self.state.borrow();
        JwksStatus { keys: state.keys.len(), last_error: state.last_error.clone() }
    }

    /// Waits until there are keys, or the first fetch has failed.
    pub async fn first_fetch(&self) {
        let tried = |state: &State| state.ended > 0 || !state.keys.is_empty();
        // The sender is this ring's own: it cannot be gone.
        drop(self.state.subscribe().wait_for(tried).await);
    }

    /// The keys in force.
    pub(in crate::auth) fn keys(&self) -> Arc<KeySet> {
        self.state.borrow().keys.clone()
    }

    /// The first keys in force that are `wanted`, fetched if need be: a fetch that is under way is
    /// joined, and another one is begun unless a request did so within the cool-down. If there are
    /// none in time, the keys in force after all.
    pub(in crate::auth) async fn keys_with(&self, wanted: impl Fn(&KeySet) -> bool) -> Arc<KeySet> {
        let mut keys = self.keys();
        let fetched = async {
            while !wanted(&keys) {
                let Some(fetch) = self.join_or_begin() else { break };
                drop(self.state.subscribe().wait_for(|state| state.ended >= fetch).await);
                keys = self.keys();
            }
        };
        // Out of time: whatever is there by now.
        drop(tokio::time::timeout(PATIENCE, fetched).await);
        keys
    }

    /// The number of the fetch to wait for, if there is one to hope for.
    fn join_or_begin(&self) -> Option<u64> {
        let cooldown = self.cooldown?;
        let mut fetch = None;
        self.state.send_if_modified(|state| {
            let now = Instant::now();
            let begin = !state.under_way()
                && state.asked.is_none_or(|asked| now.duration_since(asked) >= cooldown);
            if begin {
                state.begun += 1;
                state.asked = Some(now);
            }
            fetch = state.under_way().then_some(state.begun);
            begin
        });
        fetch
    }
}
