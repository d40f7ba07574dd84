//! A service that trusts an issuer over HTTP.

use std::fmt::Display;

use crate::support::{Engine, TestApp};

pub const INVALID_TOKEN: &str = "InvalidAuthenticationToken";

/// A service that trusts the issuers of these settings.
pub async fn trusting_service(issuers: impl Display) -> TestApp {
    TestApp::with(Engine::Sqlite).set("identity.issuers", format!("[{issuers}]")).start().await
}

/// Asks until the service is ready.
pub async fn is_ready(app: &TestApp) {
    let begun = std::time::Instant::now();
    while app.anonymous().get("/readyz").await.status.as_u16() != 200 {
        assert!(begun.elapsed().as_secs() < 30, "never ready");
    }
}
