//! A service that trusts an issuer over HTTP.

use std::fmt::Display;

use crate::support::issuer::{Key, TestIssuer};
use crate::support::{Engine, TestApp};

pub const INVALID_TOKEN: &str = "InvalidAuthenticationToken";

/// A service that trusts the issuers of these settings.
pub async fn trusting_service(issuers: impl Display) -> TestApp {
    TestApp::with(Engine::Sqlite).set("identity.issuers", format!("[{issuers}]")).start().await
}

/// A service that trusts an issuer beside the development issuer, that issuer, and its key `k`.
pub async fn beside_the_development_issuer() -> (TestApp, TestIssuer, Key) {
    let key = Key::es256();
    let issuer = TestIssuer::start(&[key.jwk("k")]).await;
    let app = TestApp::with(Engine::Sqlite)
        .set("identity.issuers", format!("[{}]", issuer.settings("")))
        .set("identity.development.enabled", true)
        .start()
        .await;
    (app, issuer, key)
}

/// Asks until the service is ready.
pub async fn is_ready(app: &TestApp) {
    let begun = std::time::Instant::now();
    while app.anonymous().get("/readyz").await.status.as_u16() != 200 {
        assert!(begun.elapsed().as_secs() < 30, "never ready");
    }
}
