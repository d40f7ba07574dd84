//! Stopping so that no request is lost: load balancers are told first.

use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;

use crate::http::Service;

/// How long in-flight requests may take when the service is stopped, in seconds.
pub(super) const SHUTDOWN_TIMEOUT: u64 = 20;

/// Stops a running service.
pub struct Stopper {
    pub(super) service: Arc<Service>,
    pub(super) handle: ServerHandle,
}

impl Stopper {
    /// Takes requests for as long as `drain`, while `/readyz` is 503 and each response closes its
    /// connection. Then listens no more, and waits for in-flight requests, 20 seconds at most.
    pub async fn stop(&self, drain: Duration) {
        self.service.begin_to_stop();
        wait(drain).await;
        self.handle.stop(true).await;
    }
}

#[expect(clippy::disallowed_methods, reason = "a balancer probes from time to time")]
async fn wait(drain: Duration) {
    tokio::time::sleep(drain).await;
}
