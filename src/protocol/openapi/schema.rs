//! JSON schemas of structured types, generated from their tables: one for reading, one for creating
//! and one for updating.

use serde_json::{Map, Value, json};

use crate::domain::{Rules, Table, Validation};
use crate::protocol::model::{Constraint, EdmType, Input, Property, StructuredType};

/// What a client does with an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Read,
    Create,
    Update,
}

/// Any string that both databases can store.
const STORABLE: &str = "^[^\\u0000]*$";
/// A string with a visible character: one that is not Unicode's `White_Space`, which `\s` is not
/// in every dialect of regular expressions.
const NOT_BLANK: &str = "^[^\\u0000]*[^\\u0000\\u0009-\\u000d\\u0020\\u0085\\u00a0\\u1680\
    \\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000][^\\u0000]*$";

/// An EID, whose digits may be grouped, or nothing but `White_Space`.
const EID: &str = "^([\\u0009-\\u000d\\u0020\\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\
    \\u3000]*|[\\u0009-\\u000d\\u0020\\-]*([0-9][\\u0009-\\u000d\\u0020\\-]*){32})$";

/// A reference to a component by its name: `microsoft.graph.…`
fn component(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// The schema of an instance in a response.
pub(in crate::protocol) fn reference(of: &StructuredType) -> Value {
    component(of.qualified_name())
}

/// The schema of the body that creates an instance.
pub(in crate::protocol) fn to_create(of: &StructuredType) -> Value {
    component(&format!("{}.create", of.qualified_name()))
}

/// The schema of the body that updates an instance.
pub(in crate::protocol) fn to_update(of: &StructuredType) -> Value {
    component(&format!("{}.update", of.qualified_name()))
}

/// The schema of a page of entities.
pub(super) fn page(of: &StructuredType) -> Value {
    json!({
        "type": "object",
        "required": ["value"],
        "properties": {
            "@odata.context": { "type": "string" },
            "@odata.count": {
                "type": "integer",
                "description": "The number of entities on all pages, with $count=true.",
            },
            "@odata.nextLink": {
                "type": "string",
                "format": "uri",
                "description": "The URL of the next page; absent on the last one.",
            },
            "value": { "type": "array", "items": reference(of) },
        },
    })
}

/// The schema of the parameters of an action.
pub(in crate::protocol) fn parameters<P: Table<Row = Property>>(rules: &Rules) -> Value {
    object(P::ROWS, Map::new(), Purpose::Create, rules)
}

/// The schema of a structured type for a purpose.
pub(super) fn structured(of: &StructuredType, purpose: Purpose, rules: &Rules) -> Value {
    let navigation = of.navigation.iter().map(|it| {
        let schema = match purpose {
            Purpose::Read => json!({ "type": "array", "items": reference(it.of) }),
            Purpose::Create | Purpose::Update => json!({ "description": "Ignored." }),
        };
        (it.name.to_owned(), schema)
    });
    let mut schema = object(of.properties, navigation.collect(), purpose, rules);
    schema["description"] = json!(of.description);
    schema
}

fn object(
    table: &[Property],
    mut properties: Map<String, Value>,
    purpose: Purpose,
    rules: &Rules,
) -> Value {
    properties.extend(table.iter().map(|it| (it.name.to_owned(), property(it, purpose, rules))));
    let required = |it: &&Property| purpose == Purpose::Create && it.input == Input::Required;
    let required: Vec<_> = table.iter().filter(required).map(|it| it.name).collect();
    let mut schema = json!({
        "type": "object",
        "patternProperties": { annotations(properties.keys().map(String::as_str)): {} },
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

/// The pattern of OData's annotations: `@odata.type`, `assignments@odata.context`, and the actions that an
/// entity advertises: `#microsoft.graph.assign`.
pub(in crate::protocol) fn annotations<'a>(names: impl Iterator<Item = &'a str>) -> String {
    // Annotations of the object itself, `@odata.type` among them, need no name.
    let names: Vec<_> = names.filter(|name| !name.starts_with('@')).collect();
    format!("^(({})?@odata\\.|#)", names.join("|"))
}

/// The schema of a property for a purpose.
pub(super) fn property(it: &Property, purpose: Purpose, rules: &Rules) -> Value {
    // A property that the service sets may be sent as it was read, or as null.
    let ignored = purpose != Purpose::Read && it.input == Input::ReadOnly;
    let sent = purpose != Purpose::Read && !ignored;
    let mut schema = match it.kind {
        EdmType::String if sent => string(it.constraint, rules),
        EdmType::String => json!({ "type": "string" }),
        EdmType::Int32 => {
            json!({ "type": "integer", "format": "int32", "minimum": i32::MIN, "maximum": i32::MAX })
        }
        EdmType::Boolean => json!({ "type": "boolean" }),
        EdmType::Int64 => json!({ "type": "integer", "format": "int64" }),
        EdmType::Guid => json!({ "type": "string", "format": "uuid" }),
        EdmType::DateTimeOffset => json!({ "type": "string", "format": "date-time" }),
        EdmType::Stream => json!({}),
        EdmType::Enum(of) => component(of.name),
        EdmType::Complex(of) if sent => to_create(of),
        EdmType::Complex(of) => reference(of),
        EdmType::Collection(of) if sent => {
            let mut list = json!({ "type": "array", "items": to_create(of) });
            match it.constraint {
                Constraint::MaxItems(items) => list["maxItems"] = json!(items),
                Constraint::MaxCodes => list["maxItems"] = json!(rules.max_codes),
                _ => {}
            }
            list
        }
        EdmType::Collection(of) => json!({ "type": "array", "items": reference(of) }),
    };
    if it.nullable || ignored {
        schema = json!({ "anyOf": [schema, { "type": "null" }] });
    }
    let note = if ignored { " Ignored in a request." } else { "" };
    schema["description"] = json!(format!("{}{note}", it.description));
    schema
}

/// The schema of a string that a client sends.
fn string(constraint: Constraint, rules: &Rules) -> Value {
    let pattern = match constraint {
        Constraint::NotBlank => NOT_BLANK,
        Constraint::Pattern(pattern) if rules.validation != Validation::Lenient => pattern,
        Constraint::Eid => EID,
        Constraint::Id => return json!({ "type": "string" }),
        Constraint::AnyLength => return json!({ "type": "string", "pattern": STORABLE }),
        Constraint::None
        | Constraint::Pattern(_)
        | Constraint::MaxCodes
        | Constraint::MaxItems(_) => STORABLE,
    };
    json!({ "type": "string", "maxLength": rules.text_length, "pattern": pattern })
}

/// The schema of a string with a visible character.
pub(in crate::protocol) fn not_blank(rules: &Rules) -> Value {
    string(Constraint::NotBlank, rules)
}

/// The schema of a string that is not empty.
pub(super) fn not_empty(rules: &Rules) -> Value {
    json!({
        "type": "string",
        "minLength": 1,
        "maxLength": rules.text_length,
        "pattern": STORABLE,
    })
}
