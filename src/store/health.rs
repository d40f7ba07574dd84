//! Whether the database is ready, as far as is known without asking it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::watch;

/// What the last probe found.
#[derive(Debug)]
pub(super) struct Health {
    known: watch::Sender<Option<Known>>,
    asking: AtomicBool,
}

#[derive(Clone, Debug)]
struct Known {
    at: Instant,
    fault: Option<String>,
}

impl Default for Health {
    fn default() -> Self {
        Self { known: watch::Sender::new(None), asking: AtomicBool::new(false) }
    }
}

impl Health {
    /// How old what is known may be: several probes in a row have failed to add to it by then.
    const MAX_AGE: Duration = Duration::from_secs(5);
    /// How long a question waits for a probe.
    const PROBE_WAIT: Duration = Duration::from_millis(150);

    pub(super) fn set(&self, fault: Option<String>) {
        self.known.send_replace(Some(Known { at: Instant::now(), fault }));
    }

    /// Runs a probe, unless one is running that was begun here.
    pub(super) async fn ask(&self, probe: impl Future<Output = ()>) {
        if !self.asking.swap(true, Ordering::Relaxed) {
            probe.await;
            self.asking.store(false, Ordering::Relaxed);
        }
    }

    /// Whether the last probe is recent, found no fault, and nothing was noticed since.
    pub(super) fn is_good(&self, last_broken: Option<Instant>) -> bool {
        self.known.borrow().as_ref().is_some_and(|known| {
            known.fault.is_none()
                && known.at.elapsed() < Self::MAX_AGE
                && last_broken.is_none_or(|broken| broken < known.at)
        })
    }

    /// What the next probe finds.
    ///
    /// # Errors
    ///
    /// What is wrong, if only that no probe ended in time.
    pub(super) async fn next(&self) -> Result<(), String> {
        let (asked, mut watched) = (Instant::now(), self.known.subscribe());
        let new = watched.wait_for(|known| known.as_ref().is_some_and(|known| known.at > asked));
        let found = tokio::time::timeout(Self::PROBE_WAIT, new).await;
        match found.map(|found| found.map(|known| known.clone())) {
            Ok(Ok(Some(Known { fault: None, .. }))) => Ok(()),
            Ok(Ok(Some(Known { fault: Some(fault), .. }))) => Err(fault),
            Ok(Ok(None) | Err(_)) | Err(_) => Err("it does not answer".to_owned()),
        }
    }
}
