//! `$skiptoken`: an opaque cursor, valid only for the query that it was issued for.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::domain::{Field, Invalid, OrderKey, PrimitiveType, Timestamp, Value};

/// The version of the format, so that an old link is rejected rather than misread.
const VERSION: u8 = 2;

/// Identifies the query that a cursor belongs to, by a digest of its options.
pub(super) fn fingerprint(options: &[&str]) -> String {
    let digest = digest(&SHA256, options.join("\0").as_bytes());
    URL_SAFE_NO_PAD.encode(&digest.as_ref()[..9])
}

/// The cursor of the page after the entity with these values of the order's keys.
pub(super) fn write(fingerprint: &str, values: &[Value]) -> String {
    let value = |value: &Value| match value {
        Value::Null => Json::Null,
        Value::String(text) => json!(text),
        Value::Int(number) => json!(number),
        Value::DateTimeOffset(timestamp) => json!(timestamp.micros()),
        Value::Guid(id) => json!(id),
    };
    let values: Vec<Json> = values.iter().map(value).collect();
    URL_SAFE_NO_PAD.encode(json!([VERSION, fingerprint, values]).to_string())
}

/// The values of the order's keys in a cursor.
///
/// # Errors
/// If the cursor was not issued by this service, or belongs to another query.
pub(super) fn read<F: Field>(
    text: &str,
    fingerprint: &str,
    order: &[OrderKey<F>],
) -> Result<Vec<Value>, Invalid> {
    let invalid = |reason: &str| Invalid::new("$skiptoken", reason);
    let foreign = || invalid("must be copied unchanged from an @odata.nextLink of this service");
    let json = URL_SAFE_NO_PAD.decode(text).map_err(|_| foreign())?;
    let (version, issued_for, values): (u8, String, Vec<Json>) =
        serde_json::from_slice(&json).map_err(|_| foreign())?;
    if version != VERSION || values.len() != order.len() {
        return Err(foreign());
    }
    if issued_for != fingerprint {
        return Err(invalid("belongs to another $filter, $search or $orderby"));
    }
    let value =
        |(json, key): (&Json, &OrderKey<F>)| value(json, key.field.kind()).ok_or_else(foreign);
    values.iter().zip(order).map(value).collect()
}

fn value(json: &Json, kind: PrimitiveType) -> Option<Value> {
    if json.is_null() {
        return Some(Value::Null);
    }
    match kind {
        PrimitiveType::String => json
            .as_str()
            .filter(|text| !text.contains('\0'))
            .map(|text| Value::String(text.to_owned())),
        PrimitiveType::Int | PrimitiveType::Enum(_) => json.as_i64().map(Value::Int),
        PrimitiveType::DateTimeOffset => {
            json.as_i64().and_then(Timestamp::in_calendar).map(Value::DateTimeOffset)
        }
        PrimitiveType::Guid => {
            json.as_str().and_then(|text| Uuid::try_parse(text).ok()).map(Value::Guid)
        }
    }
}
