//! Requests with an idempotency key.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Actor, Answer, codes};

pub async fn send_with_key(actor: &Actor, path: &str, key: &str, body: &Value) -> Answer {
    let request = actor.request(Method::POST, path).header("idempotency-key", key);
    Answer::of(request.json(body)).await
}

pub fn pool_with_codes(count: usize) -> Value {
    json!({ "displayName": "once", "activationCodes": codes(count) })
}
