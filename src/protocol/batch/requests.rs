//! The requests of a batch.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use serde::de::MapAccess;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::capped::{Dependencies, Headers, MAX_DEPENDENCIES, MAX_HEADER_BYTES, MAX_HEADERS, Text};
use super::part_id::{MAX_ID, PartId};
use crate::domain::{Invalid, Rules, Table, table};
use crate::protocol::json::{FromJson, Object, Properties, Slot, ignore, read};
use crate::protocol::openapi::schema::annotations;

/// The maximum number of requests in a batch, which is Graph's.
const MAX_REQUESTS: usize = 20;
/// The greatest length of a method, in characters. The longest that there are is `UPDATEREDIRECTREF`.
const MAX_METHOD: usize = 20;
/// The greatest length of a URL, in characters: more than of the longest query string, as not all of it needs to be
/// percent-encoded.
const MAX_URL: usize = 32 * 1024;

/// The requests of a batch, in the order of the body.
#[derive(Debug)]
pub struct Batch(pub Vec<BatchRequest>);

/// A request of a batch.
#[derive(Debug)]
pub struct BatchRequest {
    /// The client's name for the request.
    pub id: PartId,
    /// The HTTP method, in any letter case.
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
    id: Slot<PartId>,
    method: Slot<Text<MAX_METHOD>>,
    url: Slot<Text<MAX_URL>>,
    headers: Slot<Option<Headers>>,
    body: Slot<Box<RawValue>>,
    depends_on: Slot<Option<Dependencies>>,
    depends_on_snake_case: Slot<Option<Dependencies>>,
}

impl Properties for BatchProperties {
    type Property = BatchProperty;

    const ANY_CASE: bool = true;

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

    const ANY_CASE: bool = true;

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
            let twin = |other: &BatchRequest| other.id.text().eq_ignore_ascii_case(part.id.text());
            if parts.iter().any(twin) {
                return Err(within(Invalid::new("id", "occurs twice in the batch")));
            }
            parts.push(part);
            dependencies.push(depends_on);
        }
        let by_id: HashMap<_, _> = parts
            .iter()
            .enumerate()
            .map(|(index, part)| (part.id.text().to_owned(), index))
            .collect();
        for (index, names) in dependencies.into_iter().enumerate() {
            let indices =
                names.iter().map(|id| by_id.get(id.text()).copied()).collect::<Option<Vec<_>>>();
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
        let id = json!({ "type": ["string", "integer"], "maxLength": MAX_ID });
        let depends_on =
            json!({ "type": ["array", "null"], "items": id, "maxItems": MAX_DEPENDENCIES });
        let headers = json!({
            "type": ["object", "null"],
            "additionalProperties": { "type": "string" },
            "maxProperties": MAX_HEADERS,
            "description": format!("Of {MAX_HEADER_BYTES} bytes together."),
        });
        let part = json!({
            "type": "object",
            "required": ["id", "method", "url"],
            "properties": {
                "id": {
                    "type": ["string", "integer"],
                    "minLength": 1,
                    "maxLength": MAX_ID,
                    "description": "Unique in the batch; answered as it was sent.",
                },
                // An unknown method or URL fails the request, not the batch.
                "method": {
                    "type": "string",
                    "maxLength": MAX_METHOD,
                    "description": "GET, POST, PATCH or DELETE.",
                },
                "url": {
                    "type": "string",
                    "maxLength": MAX_URL,
                    "description": "Relative to the version prefix.",
                },
                "headers": headers,
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
    fn into_request(self) -> Result<(BatchRequest, Vec<PartId>), Invalid> {
        let depends_on =
            self.depends_on.sent().flatten().or(self.depends_on_snake_case.sent().flatten());
        let id = self.id.required(RequestProperty::Id)?;
        if id.text().is_empty() {
            return Err(Invalid::new("id", "must not be empty"));
        }
        let part = BatchRequest {
            id,
            method: self.method.required(RequestProperty::Method)?.0,
            url: self.url.required(RequestProperty::Url)?.0,
            headers: self.headers.sent().flatten().unwrap_or_default().0,
            body: self.body.sent().filter(|body| body.get() != "null"),
            depends_on: Vec::new(),
        };
        Ok((part, depends_on.unwrap_or_default().0))
    }
}

/// The index of a request that depends on itself, if there is one. Visits each dependency once.
fn find_cycle(parts: &[BatchRequest]) -> Option<usize> {
    let mut unmet: Vec<_> = parts.iter().map(|part| part.depends_on.len()).collect();
    let mut dependents = vec![Vec::new(); parts.len()];
    for (index, part) in parts.iter().enumerate() {
        for needed in &part.depends_on {
            dependents[*needed].push(index);
        }
    }
    let mut ready: Vec<_> = (0..parts.len()).filter(|index| unmet[*index] == 0).collect();
    while let Some(done) = ready.pop() {
        for dependent in &dependents[done] {
            unmet[*dependent] -= 1;
            if unmet[*dependent] == 0 {
                ready.push(*dependent);
            }
        }
    }
    unmet.iter().position(|unmet| *unmet > 0)
}
