//! JSON batching: several requests in one body, and their responses in another.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use serde::Serialize;
use serde::de::MapAccess;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::json::{FromJson, Object, Properties, Slot, ignore, read};
use super::openapi::schema::annotations;
use crate::domain::{Invalid, Rules, Table, table};

/// The maximum number of requests in a batch, which is Graph's.
const MAX_REQUESTS: usize = 20;

/// The requests of a batch, in the order of the body.
#[derive(Debug)]
pub struct Batch(pub Vec<BatchRequest>);

/// A request of a batch.
#[derive(Debug)]
pub struct BatchRequest {
    /// The client's name for the request.
    pub id: String,
    /// The HTTP method.
    pub method: String,
    /// The URL: relative to the version prefix, or absolute.
    pub url: String,
    /// The request's own headers.
    pub headers: HashMap<String, String>,
    /// The JSON of the body.
    body: Option<Box<RawValue>>,
    /// The indices of the requests that must succeed before this one.
    pub depends_on: Vec<usize>,
}

table! {
    /// The properties of a batch.
    enum BatchProperty: &'static str {
        Requests = "requests",
    }
}

table! {
    /// The properties of a request of a batch.
    enum RequestProperty: &'static str {
        Id = "id",
        Method = "method",
        Url = "url",
        Headers = "headers",
        Body = "body",
        DependsOn = "dependsOn",
        // The Python client's spelling.
        DependsOnSnakeCase = "depends_on",
        // Graph ignores it too.
        AtomicityGroup = "atomicityGroup",
    }
}

#[derive(Default)]
struct BatchProperties {
    requests: Slot<Vec<Object<RequestProperties>>>,
}

#[derive(Default)]
struct RequestProperties {
    id: Slot<String>,
    method: Slot<String>,
    url: Slot<String>,
    headers: Slot<Option<HashMap<String, String>>>,
    body: Slot<Box<RawValue>>,
    depends_on: Slot<Option<Vec<String>>>,
    depends_on_snake_case: Slot<Option<Vec<String>>>,
}

impl Properties for BatchProperties {
    type Property = BatchProperty;

    fn type_name() -> &'static str {
        "a batch"
    }

    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        property: BatchProperty,
        map: &mut A,
    ) -> Result<(), A::Error> {
        match property {
            BatchProperty::Requests => self.requests.read(map),
        }
    }
}

impl Properties for RequestProperties {
    type Property = RequestProperty;

    fn type_name() -> &'static str {
        "a request of a batch"
    }

    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        property: RequestProperty,
        map: &mut A,
    ) -> Result<(), A::Error> {
        match property {
            RequestProperty::Id => self.id.read(map),
            RequestProperty::Method => self.method.read(map),
            RequestProperty::Url => self.url.read(map),
            RequestProperty::Headers => self.headers.read(map),
            RequestProperty::Body => self.body.read(map),
            RequestProperty::DependsOn => self.depends_on.read(map),
            RequestProperty::DependsOnSnakeCase => self.depends_on_snake_case.read(map),
            RequestProperty::AtomicityGroup => ignore(map),
        }
    }
}

impl BatchRequest {
    /// Takes the body as bytes: JSON as it is, another media type decoded from base64url.
    pub fn take_body(&mut self, json: bool) -> Result<Vec<u8>, Invalid> {
        let Some(raw) = self.body.take() else { return Ok(Vec::new()) };
        let text: Box<str> = raw.into();
        if json || !text.starts_with('"') {
            return Ok(text.into_boxed_bytes().into_vec());
        }
        let invalid = || Invalid::new("body", "must be base64url if it is not JSON");
        let text: String = serde_json::from_str(&text).map_err(|_| invalid())?;
        URL_SAFE.decode(&text).or_else(|_| URL_SAFE_NO_PAD.decode(&text)).map_err(|_| invalid())
    }
}

impl FromJson for Batch {
    fn from_json(json: &[u8], rules: &Rules) -> Result<Self, Invalid> {
        let name = BatchProperty::Requests.row();
        let Object(batch) = read::<Object<BatchProperties>>(json, rules)?;
        let requests = batch.requests.required(BatchProperty::Requests)?;
        if !(1..=MAX_REQUESTS).contains(&requests.len()) {
            let reason =
                format!("has {} requests; the limits are 1 and {MAX_REQUESTS}", requests.len());
            return Err(Invalid::new(*name, reason));
        }
        let mut parts = Vec::with_capacity(requests.len());
        let mut dependencies = Vec::with_capacity(requests.len());
        for (index, Object(request)) in requests.into_iter().enumerate() {
            let within = |invalid: Invalid| invalid.within(format!("{name}[{index}]"));
            let (part, depends_on) = request.into_request().map_err(within)?;
            let twin = |other: &BatchRequest| other.id.eq_ignore_ascii_case(&part.id);
            if parts.iter().any(twin) {
                return Err(within(Invalid::new("id", "occurs twice in the batch")));
            }
            parts.push(part);
            dependencies.push(depends_on);
        }
        for (index, names) in dependencies.into_iter().enumerate() {
            let find = |id: &String| parts.iter().position(|part| part.id == *id);
            let indices = names.iter().map(find).collect::<Option<Vec<_>>>();
            parts[index].depends_on = indices.ok_or_else(|| {
                Invalid::new("dependsOn", "names a request that is not in the batch")
                    .within(format!("{name}[{index}]"))
            })?;
        }
        match find_cycle(&parts) {
            None => Ok(Self(parts)),
            Some(index) => Err(Invalid::new("dependsOn", "depends on the request itself")
                .within(format!("{name}[{index}]"))),
        }
    }

    fn schema(_: &Rules) -> Value {
        let text = json!({ "type": "string" });
        let depends_on = json!({ "type": ["array", "null"], "items": text });
        let part = json!({
            "type": "object",
            "required": ["id", "method", "url"],
            "properties": {
                "id": { "type": "string", "minLength": 1, "description": "Unique in the batch." },
                // An unknown method or URL fails the request, not the batch.
                "method": { "type": "string", "description": "GET, POST, PATCH or DELETE." },
                "url": { "type": "string", "description": "Relative to the version prefix." },
                "headers": { "type": ["object", "null"], "additionalProperties": text },
                "body": { "description": "JSON, or another media type in base64url." },
                "dependsOn": depends_on,
                "depends_on": depends_on,
                "atomicityGroup": { "description": "Ignored." },
            },
            "patternProperties": { annotations(RequestProperty::ROWS.iter().copied()): {} },
            "additionalProperties": false,
        });
        let parts =
            json!({ "type": "array", "items": part, "minItems": 1, "maxItems": MAX_REQUESTS });
        json!({
            "type": "object",
            "required": ["requests"],
            "properties": { "requests": parts },
            "patternProperties": { annotations(BatchProperty::ROWS.iter().copied()): {} },
            "additionalProperties": false,
        })
    }
}

impl RequestProperties {
    fn into_request(self) -> Result<(BatchRequest, Vec<String>), Invalid> {
        let depends_on =
            self.depends_on.sent().flatten().or(self.depends_on_snake_case.sent().flatten());
        let id = self.id.required(RequestProperty::Id)?;
        if id.is_empty() {
            return Err(Invalid::new("id", "must not be empty"));
        }
        let part = BatchRequest {
            id,
            method: self.method.required(RequestProperty::Method)?,
            url: self.url.required(RequestProperty::Url)?,
            headers: self.headers.sent().flatten().unwrap_or_default(),
            body: self.body.sent().filter(|body| body.get() != "null"),
            depends_on: Vec::new(),
        };
        Ok((part, depends_on.unwrap_or_default()))
    }
}

/// The index of a request that depends on itself, if there is one.
fn find_cycle(parts: &[BatchRequest]) -> Option<usize> {
    let mut done = vec![false; parts.len()];
    loop {
        let ready = |index: usize| parts[index].depends_on.iter().all(|needed| done[*needed]);
        let next = (0..parts.len()).find(|index| !done[*index] && ready(*index));
        match next {
            Some(index) => done[index] = true,
            None => return done.iter().position(|done| !done),
        }
    }
}

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
    pub id: String,
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
    pub fn body(bytes: &[u8], json: bool) -> Option<Box<RawValue>> {
        let raw = match std::str::from_utf8(bytes) {
            Ok("") => return None,
            Ok(text) if json || text.bytes().all(|byte| byte.is_ascii_digit()) => {
                RawValue::from_string(text.to_owned())
            }
            _ => serde_json::value::to_raw_value(&STANDARD.encode(bytes)),
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
                "id": text,
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
