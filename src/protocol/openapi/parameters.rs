//! Query options, headers and ids as OpenAPI parameters.

use serde_json::{Value, json};

use crate::protocol::model::Model;

fn parameter(place: &str, name: &str, what: &str, schema: &Value) -> Value {
    json!({ "in": place, "name": name, "description": what, "schema": schema })
}

/// An id in the path. To clients it is any text.
pub(super) fn id(name: &str, what: &str) -> Value {
    segment(name, what, &json!({ "type": "string", "minLength": 1 }))
}

/// Something in the path.
pub(super) fn segment(name: &str, what: &str, schema: &Value) -> Value {
    let mut segment = parameter("path", name, what, schema);
    segment["required"] = json!(true);
    segment
}

/// A header of the request.
pub(super) fn header(name: &str, what: &str, schema: &Value) -> Value {
    parameter("header", name, what, schema)
}

/// A query option.
pub(in crate::protocol) fn option(name: &str, what: &str, schema: &Value) -> Value {
    parameter("query", name, what, schema)
}

/// A query option that is a list of these, with commas between them.
fn list(name: &str, what: &str, items: &[String]) -> Value {
    let schema = json!({
        "type": "array",
        "items": { "type": "string", "enum": items },
        "minItems": 1,
    });
    let mut option = option(name, what, &schema);
    option["style"] = json!("form");
    option["explode"] = json!(false);
    option
}

/// `$filter` and `$search`.
pub(in crate::protocol) fn conditions<M: Model>() -> Vec<Value> {
    let fields: Vec<_> = M::FIELDS.iter().map(|(name, _)| *name).collect();
    let what = format!("OData's $filter over {}.", fields.join(", "));
    let mut all = vec![option("$filter", &what, &json!({ "type": "string" }))];
    if !M::TEXTS.is_empty() {
        let what = "Words and phrases that some text contains, joined by AND, OR, NOT.";
        all.push(option("$search", what, &json!({ "type": "string" })));
    }
    all
}

/// `$select`.
pub(in crate::protocol) fn select<M: Model>() -> Value {
    let names: Vec<_> = M::TYPE.all_properties().map(|it| it.name.to_owned()).collect();
    list("$select", "The properties to show.", &names)
}

/// `$expand`, where there is something to expand.
pub(in crate::protocol) fn expand<M: Model>() -> Value {
    let names: Vec<_> = M::TYPE.navigation.iter().map(|it| it.name.to_owned()).collect();
    let what = "What to show with each, each once; takes options in parentheses.";
    let mut expand = list("$expand", what, &names);
    expand["schema"]["uniqueItems"] = json!(true);
    expand
}

/// `$top` and `$skip`.
pub(in crate::protocol) fn part(top: &str) -> [Value; 2] {
    let count = json!({ "type": "integer", "minimum": 0, "maximum": i32::MAX });
    [option("$top", top, &count), option("$skip", "How many to pass over first.", &count)]
}

/// The options of a list.
pub(in crate::protocol) fn listing<M: Model>() -> Vec<Value> {
    let mut all = choice::<M>();
    let count = option("$count", "Whether to count all.", &json!({ "type": "boolean" }));
    all.extend([select::<M>(), count]);
    all
}

/// Those of them that choose which entities.
pub(in crate::protocol) fn choice<M: Model>() -> Vec<Value> {
    let mut orders = Vec::new();
    for (name, _) in M::FIELDS {
        orders.push((*name).to_owned());
        orders.push(format!("{name} desc"));
    }
    let mut order = list("$orderby", "In what order; each property once.", &orders);
    // A property and the same in the other direction contradict each other.
    order["schema"]["maxItems"] = json!(1);
    let mut all = conditions::<M>();
    all.extend(part("How many a page holds, cut to the greatest allowed."));
    all.extend([
        order,
        option(
            "$skiptoken",
            "Where to go on: as it stands in the link to the next page.",
            &json!({ "type": "string" }),
        ),
    ]);
    all
}
