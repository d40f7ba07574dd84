//! Batches of requests.

use serde_json::{Value, json};

use crate::support::{Actor, EXAMPLE};

pub const BATCH: &str = "/beta/$batch";

pub const RELATIVE: &str = "/deviceManagement/embeddedSIMActivationCodePools";

pub async fn send_batch(actor: &Actor, requests: Value) -> Vec<Value> {
    let answer = actor.post(BATCH, json!({ "requests": requests })).await.is(200).json();
    answer["responses"].as_array().expect("a list").clone()
}

#[track_caller]
pub fn answer_to<'a>(responses: &'a [Value], id: &str) -> &'a Value {
    responses.iter().find(|it| it["id"] == id).unwrap_or_else(|| panic!("no answer to {id}"))
}

pub fn get_part(id: &str, url: &str) -> Value {
    json!({ "id": id, "method": "GET", "url": url })
}

pub fn create_part(id: &str) -> Value {
    let body: Value = serde_json::from_str(EXAMPLE).expect("JSON");
    let headers = json!({ "Content-Type": "application/json" });
    json!({ "id": id, "method": "POST", "url": RELATIVE, "headers": headers, "body": body })
}
