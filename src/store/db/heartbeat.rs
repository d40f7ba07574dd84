//! Whether the database answers at all, as a connection finds out that does nothing else.

use std::time::{Duration, Instant};

use tokio::sync::watch;

/// Notices a database that has fallen silent: neither an answer nor an error comes from it any
/// more, as from a machine that was unplugged. Without it, each statement would wait for as long as
/// it might rightfully take.
#[derive(Debug)]
pub(super) struct Heartbeat {
    silent_since: watch::Sender<Option<Instant>>,
}

impl Heartbeat {
    /// How long the database, and a unit of work, may be silent.
    pub(super) const MAX_SILENCE: Duration = Duration::from_secs(10);

    pub(super) fn new() -> Self {
        Self { silent_since: watch::Sender::new(None) }
    }

    /// A probe was answered, if only by an error.
    pub(super) fn answered(&self) {
        self.silent_since.send_if_modified(|since| since.take().is_some());
    }

    /// A probe that was sent at that time has not been answered.
    pub(super) fn not_answered(&self, sent: Instant) {
        self.silent_since.send_if_modified(|since| {
            let first = since.is_none();
            since.get_or_insert(sent);
            first
        });
    }

    /// Completes once the database has been silent for [`MAX_SILENCE`](Self::MAX_SILENCE) since this
    /// was called.
    pub(super) async fn silence(&self) {
        let (called, mut watched) = (Instant::now(), self.silent_since.subscribe());
        loop {
            let since = *watched.borrow_and_update();
            let silent = async {
                let Some(since) = since else { return std::future::pending().await };
                let until = since.max(called) + Self::MAX_SILENCE;
                tokio::time::sleep_until(until.into()).await;
            };
            tokio::select! {
                () = silent => return,
                // The sender lives as long as `self`.
                _ = watched.changed() => {}
            }
        }
    }
}
