//! Path parameters, headers and query options as OpenAPI parameters.

use serde_json::{Value, json};

use super::Limits;
use crate::domain::{Field, Table};
use crate::protocol::body::Model;
use crate::protocol::model::{Navigation, StructuredType};

fn parameter(location: &str, name: &str, what: &str, schema: &Value) -> Value {
    json!({ "in": location, "name": name, "description": what, "schema": schema })
}

/// An id in the path. To clients it is an opaque string.
pub(super) fn id(name: &str, what: &str) -> Value {
    segment(name, what, &json!({ "type": "string", "minLength": 1 }))
}

/// A parameter in the path.
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

/// A query option that is a comma-separated list.
fn list(name: &str, what: &str, mut schema: Value) -> Value {
    schema["type"] = json!("array");
    schema["minItems"] = json!(1);
    let mut option = option(name, what, &schema);
    option["style"] = json!("form");
    option["explode"] = json!(false);
    option
}

fn boolean(name: &str, what: &str) -> Value {
    option(name, what, &json!({ "type": "boolean" }))
}

fn string(name: &str, what: &str) -> Value {
    option(name, what, &json!({ "type": "string" }))
}

fn is_searchable<M: Model>() -> bool {
    M::Field::ALL.iter().any(|field| field.is_searchable())
}

/// `$format`, where JSON is the only format.
pub(in crate::protocol) fn format() -> Value {
    let schema = json!({ "type": "string", "pattern": "^(json$|application/json)" });
    option("$format", "The format of the response.", &schema)
}

/// `$filter` and `$search`.
pub(in crate::protocol) fn conditions<M: Model>() -> Vec<Value> {
    let paths: Vec<_> = M::Field::ROWS.iter().map(|field| field.path).collect();
    let what = format!("An OData $filter over {}.", paths.join(", "));
    let search = "Words and phrases that a searchable property contains, joined by AND, OR, NOT.";
    let search = is_searchable::<M>().then(|| string("$search", search));
    [string("$filter", &what)].into_iter().chain(search).collect()
}

/// What `$select` takes.
fn selectable(of: &StructuredType) -> Vec<&'static str> {
    ["*"].into_iter().chain(of.properties.iter().map(|it| it.name)).collect()
}

/// `$select`
pub(in crate::protocol) fn select<M: Model>() -> Value {
    let items = json!({ "type": "string", "enum": selectable(M::TYPE) });
    list("$select", "The properties to show.", json!({ "items": items }))
}

/// The spellings of a property as a key of `$orderby`.
fn order_keys<F: Field>(field: F) -> Vec<String> {
    let path = field.row().path;
    let mut keys = vec![path.to_owned()];
    if field.is_searchable() {
        keys.extend(["tolower", "toupper"].map(|function| format!("{function}({path})")));
    }
    keys.iter().flat_map(|key| ["", " asc", " desc"].map(|order| format!("{key}{order}"))).collect()
}

/// `$orderby`
fn orderby<M: Model>() -> Value {
    let keys: Vec<_> = M::Field::ALL.iter().map(|field| order_keys(*field)).collect();
    let once = |keys| json!({ "contains": { "enum": keys }, "minContains": 0, "maxContains": 1 });
    let schema = json!({
        "items": { "type": "string", "enum": keys.concat() },
        "allOf": keys.iter().map(once).collect::<Vec<_>>(),
    });
    list("$orderby", "The order, each property at most once.", schema)
}

/// `$expand` of an entity. `nested` are the patterns of the options of each navigation property.
pub(in crate::protocol) fn expand(navigation: &[Navigation], nested: &[String]) -> Value {
    let patterns = navigation.iter().zip(nested);
    let patterns: Vec<_> = patterns
        .map(|(it, options)| format!("^{}(\\({options}(;{options})*\\))?$", it.name))
        .collect();
    let once =
        |pattern| json!({ "contains": { "pattern": pattern }, "minContains": 0, "maxContains": 1 });
    let schema = json!({
        "items": { "type": "string", "pattern": patterns.join("|") },
        "allOf": patterns.iter().map(once).collect::<Vec<_>>(),
    });
    let what = "The collections to show with each entity, each at most once. Options follow in \
                parentheses, separated by semicolons.";
    list("$expand", what, schema)
}

/// The pattern of one option inside the parentheses of an `$expand`.
pub(in crate::protocol) fn nested_option<M: Model>() -> String {
    let any = |words: Vec<String>| {
        let words: Vec<_> = words.iter().map(|word| escape(word)).collect();
        format!("({})", words.join("|"))
    };
    let select = any(selectable(M::TYPE).into_iter().map(str::to_owned).collect());
    let order = any(M::Field::ALL.iter().flat_map(|field| order_keys(*field)).collect());
    let search = if is_searchable::<M>() { "|search" } else { "" };
    format!(
        "\\$(select={select}(,{select})*|orderby={order}(,{order})*|(top|skip)=[0-9]{{1,9}}\
         |count=(true|false)|(filter|skiptoken{search})=.+)"
    )
}

/// Escapes the characters of a regular expression.
fn escape(text: &str) -> String {
    let special = |character| matches!(character, '*' | '(' | ')' | '/');
    text.chars()
        .flat_map(|character| special(character).then_some('\\').into_iter().chain([character]))
        .collect()
}

/// `$top` and `$skip`.
pub(in crate::protocol) fn top_and_skip(what: &str, top: Option<u32>) -> [Value; 2] {
    let count = json!({ "type": "integer", "minimum": 0, "maximum": i32::MAX });
    let mut first = count.clone();
    if let Some(default) = top {
        first["default"] = json!(default);
    }
    [option("$top", what, &first), option("$skip", "The number of entities to skip.", &count)]
}

/// The options of a list.
pub(in crate::protocol) fn listing<M: Model>(limits: &Limits) -> Vec<Value> {
    let mut all = choice::<M>(limits);
    all.extend([
        select::<M>(),
        boolean("$count", "Whether to count the entities of all pages."),
        format(),
    ]);
    all
}

/// The options that choose which entities a list holds.
pub(in crate::protocol) fn choice<M: Model>(limits: &Limits) -> Vec<Value> {
    let what = format!(
        "The number of entities on a page, at most {}; a greater number is cut to that.",
        limits.pages.max
    );
    let mut all = conditions::<M>();
    all.extend(top_and_skip(&what, Some(limits.pages.default)));
    all.extend([
        orderby::<M>(),
        string("$skiptoken", "Where the page starts: copied from the link to the next page."),
    ]);
    all
}
