//! The development issuer as an identity provider.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use esimpool::auth::DevelopmentIssuer;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::support::{Answer, TestApp};

pub const TENANT: &str = "11111111-2222-3333-4444-555555555555";

pub const GRAPH: &str = "https://graph.microsoft.com/.default";

pub fn token_path() -> String {
    format!("/{TENANT}/oauth2/v2.0/token")
}

pub fn token_request_to(app: &TestApp, path: &str, form: &[(&str, &str)]) -> RequestBuilder {
    app.anonymous().request(Method::POST, path).form(form)
}

/// The form that the built-in client sends.
pub fn credentials(secret: &str) -> [(&'static str, &str); 4] {
    [
        ("grant_type", "client_credentials"),
        ("client_id", DevelopmentIssuer::APP),
        ("client_secret", secret),
        ("scope", GRAPH),
    ]
}

pub async fn token_of(request: RequestBuilder) -> String {
    let answer = Answer::of(request).await.is(200);
    assert_eq!(answer.header("cache-control"), "no-store");
    let body = answer.json();
    assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("Bearer"), &json!(3599)));
    body["access_token"].as_str().expect("a token").to_owned()
}

pub fn claims_of(token: &str) -> Value {
    let part = token.split('.').nth(1).expect("claims");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
}
