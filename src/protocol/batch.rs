//! JSON batching: several requests in one body, several answers in another.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use serde::Serialize;
use serde::de::MapAccess;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::json::{FromJson, Known, Object, Properties, Slot, ignore, read};
use super::model::{Namespace, StructuredType};
use crate::domain::{Invalid, Rules};

/// The most requests of one batch.
const MOST: usize = 20;

/// The requests of a batch, in the order sent.
#[derive(Debug)]
pub struct Batch(pub Vec<BatchPart>);

/// One of them.
#[derive(Debug)]
pub struct BatchPart {
    /// The client's name for it.
    pub id: String,
    /// Its verb.
    pub method: String,
    /// Where it goes: relative to the version, or absolute.
    pub url: String,
    /// Its own headers.
    pub headers: HashMap<String, String>,
    /// The JSON of its body.
    body: Option<Box<RawValue>>,
    /// The places of those that must succeed before it.
    pub depends_on: Vec<usize>,
}

/// Not types of the reference: they have names for the sake of refusals.
static BATCH: StructuredType = named("a batch");
static PART: StructuredType = named("a request of a batch");

const fn named(name: &'static str) -> StructuredType {
    StructuredType {
        namespace: Namespace::Esimpool,
        name,
        base: None,
        entity: false,
        is_abstract: false,
        what: "",
        properties: &[],
        navigation: &[],
    }
}

#[derive(Default)]
struct BatchProperties {
    requests: Slot<Vec<Object<PartProperties>>>,
}

#[derive(Default)]
struct PartProperties {
    id: Slot<String>,
    method: Slot<String>,
    url: Slot<String>,
    headers: Slot<Option<HashMap<String, String>>>,
    body: Slot<Box<RawValue>>,
    depends_on: Slot<Option<Vec<String>>>,
    depends_on_too: Slot<Option<Vec<String>>>,
}

impl Properties for BatchProperties {
    fn odata_type() -> &'static StructuredType {
        &BATCH
    }

    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<Known, A::Error> {
        match name {
            "requests" => self.requests.read(map),
            _ => Ok(Known::No),
        }
    }
}

impl Properties for PartProperties {
    fn odata_type() -> &'static StructuredType {
        &PART
    }

    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<Known, A::Error> {
        match name {
            "id" => self.id.read(map),
            "method" => self.method.read(map),
            "url" => self.url.read(map),
            "headers" => self.headers.read(map),
            "body" => self.body.read(map),
            "dependsOn" => self.depends_on.read(map),
            // What the Python client calls it.
            "depends_on" => self.depends_on_too.read(map),
            // Graph passes it over as well.
            "atomicityGroup" => ignore(map),
            _ => Ok(Known::No),
        }
    }
}

impl BatchPart {
    /// Takes its body out, as bytes: JSON, or of another type the bytes that a base64url text says.
    pub fn take_body(&mut self, json: bool) -> Result<Vec<u8>, Invalid> {
        let Some(raw) = self.body.take() else { return Ok(Vec::new()) };
        let text: Box<str> = raw.into();
        if json || !text.starts_with('"') {
            return Ok(text.into_boxed_bytes().into_vec());
        }
        let wrong = || Invalid::new("body", "must be base64url where it is no JSON");
        let text: String = serde_json::from_str(&text).map_err(|_| wrong())?;
        URL_SAFE.decode(&text).or_else(|_| URL_SAFE_NO_PAD.decode(&text)).map_err(|_| wrong())
    }
}

impl FromJson for Batch {
    fn from_json(json: &[u8], rules: &Rules) -> Result<Self, Invalid> {
        const NAME: &str = "requests";
        let Object(batch) = read::<Object<BatchProperties>>(json, rules)?;
        let requests = batch.requests.required(NAME)?;
        if !(1..=MOST).contains(&requests.len()) {
            let reason = format!("holds {}; it takes from 1 to {MOST}", requests.len());
            return Err(Invalid::new(NAME, reason));
        }
        let mut parts = Vec::with_capacity(requests.len());
        let mut dependencies = Vec::with_capacity(requests.len());
        for (place, Object(request)) in requests.into_iter().enumerate() {
            let within = |invalid: Invalid| invalid.within(format!("{NAME}[{place}]"));
            let (part, depends_on) = request.into_part().map_err(within)?;
            let twin = |other: &BatchPart| other.id.eq_ignore_ascii_case(&part.id);
            if parts.iter().any(twin) {
                return Err(within(Invalid::new("id", "stands twice in the batch")));
            }
            parts.push(part);
            dependencies.push(depends_on);
        }
        for (place, names) in dependencies.into_iter().enumerate() {
            let wrong =
                |reason| Invalid::new("dependsOn", reason).within(format!("{NAME}[{place}]"));
            let find = |name: &String| parts.iter().position(|part| part.id == *name);
            let places = names.iter().map(find).collect::<Option<Vec<_>>>();
            let places = places.ok_or_else(|| wrong("names a request that the batch has not"))?;
            parts[place].depends_on = places;
        }
        match in_a_circle(&parts) {
            None => Ok(Self(parts)),
            Some(place) => Err(Invalid::new("dependsOn", "leads back to the request itself")
                .within(format!("{NAME}[{place}]"))),
        }
    }

    fn schema() -> Value {
        let text = json!({ "type": "string" });
        let part = json!({
            "type": "object",
            "required": ["id", "method", "url"],
            "properties": {
                "id": { "type": "string", "minLength": 1, "description": "Unique in the batch." },
                // What is wrong with it, or with the URL, is told in the part's own answer.
                "method": { "type": "string", "description": "GET, POST, PATCH or DELETE." },
                "url": { "type": "string", "description": "Relative to the version." },
                "headers": { "type": ["object", "null"], "additionalProperties": text },
                "body": { "description": "JSON; of another type the bytes, in base64url." },
                "dependsOn": { "type": ["array", "null"], "items": text },
            },
            "additionalProperties": false,
        });
        let parts = json!({ "type": "array", "items": part, "minItems": 1, "maxItems": MOST });
        json!({
            "type": "object",
            "required": ["requests"],
            "properties": { "requests": parts },
            "additionalProperties": false,
        })
    }
}

impl PartProperties {
    fn into_part(self) -> Result<(BatchPart, Vec<String>), Invalid> {
        let depends_on = self.depends_on.sent().flatten().or(self.depends_on_too.sent().flatten());
        let id = self.id.required("id")?;
        if id.is_empty() {
            return Err(Invalid::new("id", "must not be empty"));
        }
        let part = BatchPart {
            id,
            method: self.method.required("method")?,
            url: self.url.required("url")?,
            headers: self.headers.sent().flatten().unwrap_or_default(),
            body: self.body.sent().filter(|body| body.get() != "null"),
            depends_on: Vec::new(),
        };
        Ok((part, depends_on.unwrap_or_default()))
    }
}

/// A part that waits for itself, if there is one.
fn in_a_circle(parts: &[BatchPart]) -> Option<usize> {
    let mut done = vec![false; parts.len()];
    loop {
        let ready = |place: usize| parts[place].depends_on.iter().all(|needed| done[*needed]);
        let next = (0..parts.len()).find(|place| !done[*place] && ready(*place));
        match next {
            Some(place) => done[place] = true,
            None => return done.iter().position(|done| !done),
        }
    }
}

/// The answers of a batch.
#[derive(Debug, Serialize)]
pub struct BatchAnswer {
    /// In any order.
    pub responses: Vec<PartAnswer>,
}

/// One of them.
#[derive(Debug, Serialize)]
pub struct PartAnswer {
    /// The client's name for the request.
    pub id: String,
    /// Its status.
    pub status: u16,
    /// Its headers, spelled as clients look for them.
    pub headers: HashMap<String, String>,
    /// Its body, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Box<RawValue>>,
}

impl PartAnswer {
    /// A body as it stands in a batch: JSON as it is, a count as the number that it is, the rest in
    /// base64. The Python client takes every text for base64, and drops the whole batch if it is
    /// none.
    #[must_use]
    pub fn body(bytes: &[u8], json: bool) -> Option<Box<RawValue>> {
        let raw = match std::str::from_utf8(bytes) {
            Ok("") => return None,
            Ok(text) if json || text.bytes().all(|sign| sign.is_ascii_digit()) => {
                RawValue::from_string(text.to_owned())
            }
            _ => serde_json::value::to_raw_value(&STANDARD.encode(bytes)),
        };
        Some(raw.expect("our own JSON, a number, or a text"))
    }
}

impl BatchAnswer {
    /// Its schema, for the OpenAPI document.
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
