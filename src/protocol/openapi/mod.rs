//! The OpenAPI 3.1 document: what each operation takes and gives, told by the very types that its
//! handler takes and gives.

mod page;
pub(super) mod parameters;
pub(super) mod schema;

pub use page::page;

use serde_json::{Map, Value, json};

use super::body::Wire;
use super::json::FromJson;
use super::query::FromQuery;
use crate::domain::Rules;

/// What one operation takes and gives.
#[derive(Debug, Default)]
pub struct Description {
    parameters: Vec<Value>,
    /// Its content type and its schema.
    body: Option<(&'static str, Value)>,
    answers: Map<String, Value>,
}

/// One operation of the document.
#[derive(Debug)]
pub struct Described {
    /// What it does, in a few words.
    pub name: &'static str,
    /// Its verb.
    pub method: String,
    /// Its path; ids stand in braces.
    pub path: &'static str,
    /// Whether anybody may use it.
    pub public: bool,
    /// The permissions of which a token needs one; none where any token does.
    pub permissions: Vec<&'static str>,
    /// What it takes and gives.
    pub description: Description,
}

impl Description {
    /// It takes an id in its path.
    pub fn takes_id(&mut self, name: &str, what: &str) {
        self.parameters.push(parameters::id(name, what));
    }

    /// It takes something else in its path.
    pub fn takes_segment(&mut self, name: &str, what: &str, schema: &Value) {
        self.parameters.push(parameters::segment(name, what, schema));
    }

    /// It takes query options.
    pub fn takes_options<T: FromQuery>(&mut self) {
        self.parameters.extend(T::parameters());
    }

    /// It takes a body.
    pub fn takes_body<T: FromJson>(&mut self) {
        self.body = Some(("application/json", T::schema()));
    }

    /// It takes a file of codes.
    pub fn takes_csv(&mut self) {
        let what =
            "A host on the first line, then ICCID,MatchingID; or a header that names the columns.";
        self.body = Some(("text/csv", json!({ "type": "string", "description": what })));
    }

    /// It takes a form.
    pub fn takes_form(&mut self, schema: &Value) {
        self.body = Some(("application/x-www-form-urlencoded", schema.clone()));
    }

    /// It takes an entity's tag.
    pub fn takes_tag(&mut self) {
        let what = "The entity's tag, or *: refused with 412 if it has changed since.";
        self.parameters.push(parameters::header("If-Match", what, &json!({ "type": "string" })));
    }

    /// The status of a success, the first time and where nothing else is asked for: what makes
    /// something answers 201 then.
    #[must_use]
    pub fn success(&self) -> u16 {
        let mut statuses = self.answers.keys().filter_map(|status| status.parse().ok());
        let created = statuses.clone().find(|status| *status == 201);
        created.or_else(|| statuses.find(|status| (200..300).contains(status))).unwrap_or(200)
    }

    /// It gives an entity.
    pub fn gives<T: Wire>(&mut self, status: u16, what: &str) {
        self.gives_json(status, what, &schema::reference(T::TYPE));
    }

    /// It gives a page of entities.
    pub fn gives_page<T: Wire>(&mut self) {
        self.gives_json(200, "A page.", &schema::page(T::TYPE));
    }

    /// It gives JSON.
    pub fn gives_json(&mut self, status: u16, what: &str, schema: &Value) {
        self.gives_content(status, what, "application/json", schema);
    }

    /// It gives something else; of several kinds with one status, whichever is asked for.
    pub fn gives_content(&mut self, status: u16, what: &str, kind: &str, schema: &Value) {
        let answer = self.answers.entry(status.to_string()).or_insert_with(|| json!({}));
        answer["description"] = json!(what);
        answer["content"][kind] = json!({ "schema": schema });
    }

    /// It gives nothing but a status.
    pub fn gives_nothing(&mut self, status: u16, what: &str) {
        self.answers.insert(status.to_string(), json!({ "description": what }));
    }
}

/// The document, for a service at `base` that keeps these rules.
#[must_use]
pub fn document(operations: Vec<Described>, base: &str, rules: &Rules) -> Value {
    let all_links: Vec<_> = operations.iter().map(|it| links(it, &operations)).collect();
    let mut paths = Map::new();
    for (it, links) in operations.into_iter().zip(all_links) {
        let path = paths.entry(it.path).or_insert_with(|| json!({}));
        let verb = it.method.to_ascii_lowercase();
        path[verb] = operation(it, links);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "esimpool",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Microsoft Graph's beta API for Intune eSIM activation code pools, self-hosted.",
            "license": { "name": "Apache-2.0 OR MIT", "identifier": "Apache-2.0 OR MIT" },
        },
        "servers": [{ "url": base }],
        "paths": paths,
        "components": {
            "schemas": schema::components(rules),
            "securitySchemes": { "token": {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "JWT",
                "description": "An access token of a configured issuer.",
            } },
        },
    })
}

fn operation_id(it: &Described) -> String {
    it.name.replace(' ', "-").to_lowercase()
}

/// What can be done with an entity that a create has answered: every operation whose path goes on
/// from its id.
fn links(create: &Described, operations: &[Described]) -> Map<String, Value> {
    let goes_on = |it: &Described| {
        let rest = it.path.strip_prefix(create.path)?.strip_prefix("/{")?;
        let (own, rest) = rest.split_once('}')?;
        let mut parameters = json!({ own: "$response.body#/id" });
        for name in create.path.split(['{', '}']).skip(1).step_by(2) {
            parameters[name] = json!(format!("$request.path.{name}"));
        }
        let link = json!({ "operationId": operation_id(it), "parameters": parameters });
        // Further ids are not known from here.
        (!rest.contains('{')).then(|| (operation_id(it), link))
    };
    operations.iter().filter_map(goes_on).collect()
}

fn operation(it: Described, links: Map<String, Value>) -> Value {
    let mut operation = json!({
        "operationId": operation_id(&it),
        "summary": it.name,
        "parameters": it.description.parameters,
        "responses": it.description.answers,
    });
    let refused = json!({
        "description": "Refused; see the README's table of errors.",
        "content": { "application/json": { "schema": { "$ref": "#/components/schemas/error" } } },
    });
    if let Some(created) = operation["responses"].get_mut("201") {
        created["links"] = Value::Object(links);
    }
    operation["responses"]["4XX"] = refused.clone();
    operation["responses"]["5XX"] = refused;
    if let Some((kind, schema)) = it.description.body {
        operation["requestBody"] =
            json!({ "required": true, "content": { kind: { "schema": schema } } });
    }
    let needs = match (it.public, it.permissions.join(", ")) {
        (true, _) => "For everybody.".to_owned(),
        (false, names) if names.is_empty() => "Needs a token.".to_owned(),
        (false, names) => format!("Needs one of the permissions {names}."),
    };
    operation["description"] = json!(needs);
    operation["security"] = if it.public { json!([]) } else { json!([{ "token": [] }]) };
    operation
}
