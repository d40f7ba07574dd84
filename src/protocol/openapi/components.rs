//! The schemas that operations refer to by name.

use serde_json::{Map, Value, json};

use super::schema::{Purpose, annotations, not_empty, property, structured};
use crate::domain::{DeviceFilter, Rules, Table};
use crate::protocol::activation_code::ACTIVATION_CODE;
use crate::protocol::assignment::ASSIGNMENT;
use crate::protocol::catalog::{ENUMS, STRUCTURED};
use crate::protocol::device_state::DEVICE_STATE;
use crate::protocol::model::StructuredType;
use crate::protocol::pool::POOL;
use crate::protocol::target::{TARGET, TargetProperty, TargetType};

/// Every named schema.
pub(super) fn components(rules: &Rules) -> Value {
    let mut all = Map::new();
    for it in ENUMS {
        all.insert(it.name.to_owned(), json!({ "type": "string", "enum": it.members }));
    }
    for it in STRUCTURED.into_iter().filter(|it| !it.own_properties().is_empty()) {
        all.insert(it.qualified_name().to_owned(), structured(it, Purpose::Read, rules));
    }
    let mut sent = |it: &StructuredType, purpose, suffix| {
        let name = format!("{}.{suffix}", it.qualified_name());
        all.insert(name, structured(it, purpose, rules));
    };
    for it in [&POOL, &ASSIGNMENT, &DEVICE_STATE] {
        sent(it, Purpose::Create, "create");
        sent(it, Purpose::Update, "update");
    }
    sent(&ACTIVATION_CODE, Purpose::Create, "create");
    all.insert(TARGET.qualified_name().to_owned(), target(rules));
    all.insert(format!("{}.create", TARGET.qualified_name()), target_to_create(rules));
    all.insert("error".to_owned(), error());
    Value::Object(all)
}

/// A target of any type in a response.
fn target(rules: &Rules) -> Value {
    let types: Vec<_> = TargetType::ROWS.iter().map(|it| it.odata_type).collect();
    let properties = TargetProperty::ROWS.iter();
    let mut properties: Map<_, _> =
        properties.map(|it| (it.name.to_owned(), property(it, Purpose::Read, rules))).collect();
    let odata_type = TargetProperty::ODataType.row().name;
    properties.insert(odata_type.to_owned(), json!({ "type": "string", "enum": types }));
    json!({ "type": "object", "description": TARGET.description, "properties": properties })
}

/// A target in a request: an alternative for each type, without a filter and with one.
fn target_to_create(rules: &Rules) -> Value {
    let alternative = |kind: TargetType, filtered: bool| {
        let [odata_type, filter_id, filter_type] =
            [TargetProperty::ODataType, TargetProperty::FilterId, TargetProperty::FilterType]
                .map(|it| it.row().name);
        let null = || json!({ "type": "null" });
        let spellings = [kind.row().odata_type, kind.row().qualified_name()];
        let mut properties = Map::from_iter([
            (odata_type.to_owned(), json!({ "enum": spellings })),
            (TargetProperty::GroupId.row().name.to_owned(), null()),
            (TargetProperty::CollectionId.row().name.to_owned(), null()),
        ]);
        let mut required = vec![odata_type];
        if let Some(id) = kind.id() {
            properties.insert(id.name.to_owned(), not_empty(rules));
            required.push(id.name);
        }
        let [none, other @ ..] = DeviceFilter::TYPE.members else { unreachable!("never empty") };
        if filtered {
            properties.insert(filter_id.to_owned(), not_empty(rules));
            properties.insert(filter_type.to_owned(), json!({ "enum": other }));
            required.extend([filter_id, filter_type]);
        } else {
            properties.insert(filter_id.to_owned(), null());
            properties.insert(filter_type.to_owned(), json!({ "const": none }));
        }
        json!({
            "type": "object",
            "description": kind.row().description,
            "patternProperties": { annotations(properties.keys().map(String::as_str)): {} },
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        })
    };
    let alternatives = TargetType::ALL
        .iter()
        .flat_map(|kind| [false, true].map(|filtered| alternative(*kind, filtered)));
    let alternatives: Vec<_> = alternatives.collect();
    json!({ "description": TARGET.description, "oneOf": alternatives })
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
                "target": { "type": "string", "description": "The invalid property or option." },
                "innerError": {
                    "type": "object",
                    "required": ["date", "request-id", "client-request-id"],
                    "properties": { "date": text, "request-id": text, "client-request-id": text },
                },
            },
        } },
    })
}
