//! JSON schemas of Graph's types, made from the tables of `model`: of what is read, and of what
//! may be sent.

use serde_json::{Map, Value, json};

use crate::domain::{Rules, Validation};
use crate::protocol::model::{
    ACTIVATION_CODE, ASSIGNMENT, DEVICE_STATE, ENUMS, Edm, Given, POOL, Property, STRUCTURED,
    StructuredType, TARGET, TARGETS,
};

/// What a client does with an entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    Read,
    Create,
    Update,
}

/// A schema by its name: `microsoft.graph.…`
fn named(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// What is read of that type.
pub(in crate::protocol) fn reference(of: &StructuredType) -> Value {
    named(&of.qualified())
}

/// What a client sends to create an entity of that type.
pub(in crate::protocol) fn to_create(of: &StructuredType) -> Value {
    named(&format!("{}.create", of.qualified()))
}

/// What a client sends to change one.
pub(in crate::protocol) fn to_update(of: &StructuredType) -> Value {
    named(&format!("{}.update", of.qualified()))
}

/// A page of entities of that type.
pub(super) fn page(of: &StructuredType) -> Value {
    json!({
        "type": "object",
        "required": ["value"],
        "properties": {
            "@odata.context": { "type": "string" },
            "@odata.count": { "type": "integer", "description": "All that there are, with $count=true." },
            "@odata.nextLink": {
                "type": "string",
                "format": "uri",
                "description": "The next page; absent on the last one.",
            },
            "value": { "type": "array", "items": reference(of) },
        },
    })
}

/// Every schema that operations refer to.
pub(super) fn components(rules: &Rules) -> Value {
    let mut all = Map::new();
    let mut add = |name: String, schema: Value| {
        all.insert(name, schema);
    };
    for it in ENUMS {
        let name = format!("{}.{}", it.namespace.name(), it.name);
        add(name, json!({ "type": "string", "enum": it.members }));
    }
    for it in STRUCTURED.into_iter().filter(|it| !it.properties.is_empty()) {
        add(it.qualified(), object(it, Purpose::Read, rules));
    }
    for it in [&POOL, &ASSIGNMENT, &DEVICE_STATE] {
        add(format!("{}.create", it.qualified()), object(it, Purpose::Create, rules));
        add(format!("{}.update", it.qualified()), object(it, Purpose::Update, rules));
    }
    add(ACTIVATION_CODE.qualified(), code(rules));
    add(TARGET.qualified(), target_read(rules));
    add(format!("{}.create", TARGET.qualified()), target_sent(rules));
    all.insert("error".to_owned(), error());
    Value::Object(all)
}

fn object(of: &StructuredType, purpose: Purpose, rules: &Rules) -> Value {
    let mut properties = Map::new();
    for it in of.all_properties() {
        properties.insert(it.name.to_owned(), property(it, purpose, rules));
    }
    let required: Vec<_> = of
        .properties
        .iter()
        .filter(|it| purpose == Purpose::Create && it.given == Given::Required)
        .map(|it| it.name)
        .collect();
    for it in of.navigation {
        let schema = match purpose {
            Purpose::Read => json!({ "type": "array", "items": reference(it.of) }),
            Purpose::Create | Purpose::Update => json!({ "description": "Passed over." }),
        };
        properties.insert(it.name.to_owned(), schema);
    }
    // Annotations: @odata.type, assignments@odata.context.
    let names: Vec<_> = properties.keys().map(String::as_str).collect();
    let annotations = format!("^({})?@odata\\.", names.join("|"));
    let mut schema = json!({
        "type": "object",
        "description": of.what,
        "properties": properties,
        "patternProperties": { annotations: {} },
        "additionalProperties": false,
    });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn property(it: &Property, purpose: Purpose, rules: &Rules) -> Value {
    // What the service gives itself may come back as it was read, or as null.
    let passed_over = purpose != Purpose::Read && it.given == Given::ByService;
    let mut schema = match it.kind {
        Edm::String if purpose == Purpose::Read || passed_over => json!({ "type": "string" }),
        Edm::String if it.name == "displayName" => name(rules),
        Edm::String => text(rules),
        Edm::Int32 => {
            json!({ "type": "integer", "format": "int32", "minimum": i32::MIN, "maximum": i32::MAX })
        }
        Edm::Boolean => json!({ "type": "boolean" }),
        Edm::Int64 => json!({ "type": "integer", "format": "int64" }),
        Edm::Guid => json!({ "type": "string", "format": "uuid" }),
        Edm::DateTimeOffset => json!({ "type": "string", "format": "date-time" }),
        Edm::Stream => json!({}),
        Edm::Enum(of) => named(&format!("{}.{}", of.namespace.name(), of.name)),
        Edm::Complex(of) if purpose == Purpose::Read => reference(of),
        Edm::Complex(of) => to_create(of),
        Edm::Collection(of) if purpose == Purpose::Read => {
            json!({ "type": "array", "items": reference(of) })
        }
        Edm::Collection(of) => {
            json!({ "type": "array", "items": reference(of), "maxItems": rules.max_codes })
        }
    };
    if it.nullable || passed_over {
        schema = json!({ "anyOf": [schema, { "type": "null" }] });
    }
    schema["description"] = json!(match it.given {
        Given::ByService if passed_over => format!("{} Passed over when sent.", it.what),
        Given::ByService | Given::Required | Given::Optional => it.what.to_owned(),
    });
    schema
}

/// Any text that both databases can hold.
fn text(rules: &Rules) -> Value {
    json!({ "type": "string", "maxLength": rules.text_length, "pattern": "^[^\\u0000]*$" })
}

fn name(rules: &Rules) -> Value {
    let visible = "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$";
    json!({ "type": "string", "maxLength": rules.text_length, "pattern": visible })
}

/// An activation code, by the patterns that Graph documents where they are enforced.
fn code(rules: &Rules) -> Value {
    let mut schema = object(&ACTIVATION_CODE, Purpose::Create, rules);
    if rules.validation != Validation::Lenient {
        for (name, pattern) in [
            ("integratedCircuitCardIdentifier", "^[0-9]{19}[0-9]?$"),
            ("matchingIdentifier", "^[a-zA-Z0-9\\-]*$"),
            ("smdpPlusServerAddress", "^([a-zA-Z0-9]+(-[a-zA-Z0-9]+)*\\.)+[a-zA-Z]{2,}$"),
        ] {
            schema["properties"][name]["pattern"] = json!(pattern);
        }
    }
    schema
}

/// The properties that a kind of target has beyond those of all.
fn own_properties(kind: &StructuredType) -> impl Iterator<Item = &'static Property> + use<> {
    let base = TARGETS.iter().find(|it| Some(it.name) == kind.base);
    kind.properties.iter().chain(base.map_or(&[][..], |base| base.properties))
}

/// A target as it is answered: any kind, told by its type.
fn target_read(rules: &Rules) -> Value {
    let types: Vec<_> = TARGETS.iter().map(|it| format!("#microsoft.graph.{}", it.name)).collect();
    let mut properties = Map::new();
    properties.insert("@odata.type".to_owned(), json!({ "type": "string", "enum": types }));
    for it in TARGET.properties.iter().chain(TARGETS.iter().flat_map(own_properties)) {
        properties.insert(it.name.to_owned(), property(it, Purpose::Read, rules));
    }
    json!({ "type": "object", "description": TARGET.what, "properties": properties })
}

/// A target as it may be sent: each kind with its own properties, without a filter or with one.
fn target_sent(rules: &Rules) -> Value {
    const FILTER_ID: &str = "deviceAndAppManagementAssignmentFilterId";
    const FILTER_TYPE: &str = "deviceAndAppManagementAssignmentFilterType";

    let id = json!({ "type": "string", "minLength": 1, "maxLength": rules.text_length, "pattern": "^[^\\u0000]+$" });
    let kinds = TARGETS.iter().flat_map(|kind| {
        [false, true].map(|filtered| {
            let spellings = [
                format!("#microsoft.graph.{}", kind.name),
                format!("microsoft.graph.{}", kind.name),
            ];
            let mut properties = Map::new();
            let mut required = vec!["@odata.type"];
            properties.insert("@odata.type".to_owned(), json!({ "enum": spellings }));
            for it in own_properties(kind) {
                properties.insert(it.name.to_owned(), id.clone());
                required.push(it.name);
            }
            if filtered {
                properties.insert(FILTER_ID.to_owned(), id.clone());
                properties
                    .insert(FILTER_TYPE.to_owned(), json!({ "enum": ["include", "exclude"] }));
                required.extend([FILTER_ID, FILTER_TYPE]);
            } else {
                properties.insert(FILTER_ID.to_owned(), json!({ "type": "null" }));
                properties.insert(FILTER_TYPE.to_owned(), json!({ "const": "none" }));
            }
            json!({
                "type": "object",
                "description": kind.what,
                "properties": properties,
                "required": required,
                "additionalProperties": false,
            })
        })
    });
    json!({ "description": TARGET.what, "oneOf": kinds.collect::<Vec<_>>() })
}

/// Graph's error envelope.
fn error() -> Value {
    let text = json!({ "type": "string" });
    json!({
        "type": "object",
        "required": ["error"],
        "properties": { "error": {
            "type": "object",
            "required": ["code", "message", "innerError"],
            "properties": {
                "code": text,
                "message": text,
                "target": { "type": "string", "description": "The property or option at fault." },
                "innerError": {
                    "type": "object",
                    "required": ["date", "request-id", "client-request-id"],
                    "properties": { "date": text, "request-id": text, "client-request-id": text },
                },
            },
        } },
    })
}
