//! When a request is sent again.

use std::time::{Duration, Instant};

use reqwest::StatusCode;

use super::ErrorResponse;
use crate::cli::common::Failure;

/// The delay before a retry if the service does not name one.
const RETRY_DELAY: Duration = Duration::from_secs(2);

/// How long a service may be away or busy until a command gives up.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) struct Patience {
    until: Instant,
}

impl Patience {
    pub(in crate::cli) fn of(longest: Duration) -> Self {
        Self { until: Instant::now() + longest }
    }

    /// How long to wait before the request is sent again; `None` if that is of no use.
    pub(in crate::cli) fn pause(self, failure: &Failure) -> Option<Duration> {
        let pause = match failure.downcast_ref::<ErrorResponse>() {
            // What happened is not known. What is sent again here has the same result then.
            Some(response) if response.status == StatusCode::GATEWAY_TIMEOUT => Some(RETRY_DELAY),
            // The service says so only if it makes sense.
            Some(response) => response.retry_after,
            // The connection broke, or there is no service.
            None => Some(RETRY_DELAY),
        };
        pause.filter(|pause| Instant::now() + *pause < self.until)
    }
}

#[expect(clippy::disallowed_methods, reason = "the service names the delay")]
pub(in crate::cli) async fn wait(pause: Duration) {
    tokio::time::sleep(pause).await;
}
