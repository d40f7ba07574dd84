//! The response to a batch.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::part_id::PartId;

/// The response to a batch.
#[derive(Debug, Serialize)]
pub struct BatchResponses {
    /// The responses, in any order.
    pub responses: Vec<BatchResponse>,
}

/// The response to a request of a batch.
#[derive(Debug, Serialize)]
pub struct BatchResponse {
    /// The client's name for the request.
    pub id: PartId,
    /// The HTTP status.
    pub status: u16,
    /// The headers, in the letter case that clients expect.
    pub headers: HashMap<String, String>,
    /// The body, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Box<RawValue>>,
}

impl BatchResponse {
    /// The body in a batch: JSON as it is, a `$count` as a number, anything else as base64. The
    /// Python client decodes every string as base64, and fails on the whole batch if one is not.
    #[must_use]
    pub fn body(bytes: Vec<u8>, json: bool) -> Option<Box<RawValue>> {
        let raw = match String::from_utf8(bytes) {
            Ok(text) if text.is_empty() => return None,
            Ok(text) if json || text.bytes().all(|byte| byte.is_ascii_digit()) => {
                RawValue::from_string(text)
            }
            Ok(text) => serde_json::value::to_raw_value(&STANDARD.encode(text)),
            Err(error) => serde_json::value::to_raw_value(&STANDARD.encode(error.as_bytes())),
        };
        Some(raw.expect("JSON of this service, a number or a string"))
    }
}

impl BatchResponses {
    /// Its JSON schema, for the OpenAPI document.
    #[must_use]
    pub fn schema() -> Value {
        let text = json!({ "type": "string" });
        let part = json!({
            "type": "object",
            "required": ["id", "status", "headers"],
            "properties": {
                "id": { "type": ["string", "integer"] },
                "status": { "type": "integer" },
                "headers": { "type": "object", "additionalProperties": text },
                "body": {},
            },
        });
        json!({
            "type": "object",
            "required": ["responses"],
            "properties": { "responses": { "type": "array", "items": part } },
        })
    }
}
