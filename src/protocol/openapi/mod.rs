//! The OpenAPI 3.1 document. Each operation is described by the types that its handler takes and
//! returns, and its limits are those of the settings.

mod components;
mod page;
pub(super) mod parameters;
pub(super) mod schema;

pub use page::{PageParts, html_page};

use serde_json::{Map, Value, json};

use super::body::Wire;
use super::json::FromJson;
use super::query::{FromQuery, PageSizes};
use crate::domain::Rules;

/// The settings that limit what requests may hold.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The limits of request bodies.
    pub rules: Rules,
    /// The limits of pages.
    pub pages: PageSizes,
}

/// What one operation takes and returns.
#[derive(Debug, Default)]
pub struct Description {
    parameters: Vec<Parameters>,
    /// The content type and the schema of the request body.
    body: Option<(&'static str, Schema)>,
    responses: Map<String, Value>,
}

#[derive(Debug)]
enum Parameters {
    One(Value),
    Options(fn(&Limits) -> Vec<Value>),
}

#[derive(Debug)]
enum Schema {
    Fixed(Value),
    Limited(fn(&Rules) -> Value),
}

/// An operation with its description.
#[derive(Debug)]
pub struct DescribedOperation {
    /// What it does, in a few words.
    pub name: &'static str,
    /// Its HTTP method.
    pub method: String,
    /// Its path, with parameters in braces.
    pub path: &'static str,
    /// Whether it needs no token.
    pub public: bool,
    /// The permissions of which a token needs one; empty if any token will do.
    pub permissions: Vec<&'static str>,
    /// What it takes and returns.
    pub description: Description,
}

impl Description {
    /// Adds an id in the path.
    pub fn takes_id(&mut self, name: &str, what: &str) {
        self.parameters.push(Parameters::One(parameters::id(name, what)));
    }

    /// Adds another parameter in the path.
    pub fn takes_segment(&mut self, name: &str, what: &str, schema: &Value) {
        self.parameters.push(Parameters::One(parameters::segment(name, what, schema)));
    }

    /// Adds query options.
    pub fn takes_options<T: FromQuery>(&mut self) {
        self.parameters.push(Parameters::Options(T::parameters));
    }

    /// Sets a JSON request body.
    pub fn takes_body<T: FromJson>(&mut self) {
        self.body = Some(("application/json", Schema::Limited(T::schema)));
    }

    /// Sets a file of codes as request body.
    pub fn takes_csv(&mut self) {
        let what = "An SM-DP+ host on the first line, then ICCID,MatchingID on each line; or a \
                    header that names the columns.";
        let schema = json!({ "type": "string", "description": what });
        self.body = Some(("text/csv", Schema::Fixed(schema)));
    }

    /// Sets a form as request body.
    pub fn takes_form(&mut self, schema: &Value) {
        self.body = Some(("application/x-www-form-urlencoded", Schema::Fixed(schema.clone())));
    }

    /// Adds the header `If-Match`.
    pub fn takes_tag(&mut self) {
        let what = "The entity's ETag, or *: 412 if the entity has changed since.";
        let header = parameters::header("If-Match", what, &json!({ "type": "string" }));
        self.parameters.push(Parameters::One(header));
    }

    /// Adds the header `If-None-Match`.
    pub fn takes_known_tags(&mut self) {
        let what = "ETags of versions that the client has: 304 if the current one is among them.";
        let header = parameters::header("If-None-Match", what, &json!({ "type": "string" }));
        self.parameters.push(Parameters::One(header));
    }

    /// The status of a success without preferences: 201 if the operation creates something.
    #[must_use]
    pub fn success(&self) -> u16 {
        let mut statuses = self.responses.keys().filter_map(|status| status.parse().ok());
        let created = statuses.clone().find(|status| *status == 201);
        created.or_else(|| statuses.find(|status| (200..300).contains(status))).unwrap_or(200)
    }

    /// Adds a response with an entity.
    pub fn gives<T: Wire>(&mut self, status: u16, what: &str) {
        self.gives_json(status, what, &schema::reference(T::TYPE));
    }

    /// Adds a response with a page of entities.
    pub fn gives_page<T: Wire>(&mut self) {
        self.gives_json(200, "A page.", &schema::page(T::TYPE));
    }

    /// Adds a response with JSON.
    pub fn gives_json(&mut self, status: u16, what: &str, schema: &Value) {
        self.gives_content(status, what, "application/json", schema);
    }

    /// Adds a response with content of the media type `kind`. One status may have several.
    pub fn gives_content(&mut self, status: u16, what: &str, kind: &str, schema: &Value) {
        let response = self.responses.entry(status.to_string()).or_insert_with(|| json!({}));
        response["description"] = json!(what);
        response["content"][kind] = json!({ "schema": schema });
    }

    /// Adds a response without content.
    pub fn gives_nothing(&mut self, status: u16, what: &str) {
        self.responses.insert(status.to_string(), json!({ "description": what }));
    }
}

/// The document of a service at `base` with these limits.
#[must_use]
pub fn document(operations: Vec<DescribedOperation>, base: &str, limits: &Limits) -> Value {
    let all_links: Vec<_> = operations.iter().map(|it| links(it, &operations)).collect();
    let mut paths = Map::new();
    for (it, links) in operations.into_iter().zip(all_links) {
        let path = paths.entry(it.path).or_insert_with(|| json!({}));
        let verb = it.method.to_ascii_lowercase();
        path[verb] = operation(it, links, limits);
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
            "schemas": components::components(&limits.rules),
            "securitySchemes": { "token": {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "JWT",
                "description": "An access token of a configured issuer.",
            } },
        },
    })
}

fn operation_id(it: &DescribedOperation) -> String {
    it.name.replace(' ', "-").to_lowercase()
}

/// The links from a create to every operation whose path continues with the id of the created
/// entity.
fn links(create: &DescribedOperation, operations: &[DescribedOperation]) -> Map<String, Value> {
    let continues = |it: &DescribedOperation| {
        let rest = it.path.strip_prefix(create.path)?.strip_prefix("/{")?;
        let (own, rest) = rest.split_once('}')?;
        let mut parameters = json!({ own: "$response.body#/id" });
        for name in create.path.split(['{', '}']).skip(1).step_by(2) {
            parameters[name] = json!(format!("$request.path.{name}"));
        }
        let link = json!({ "operationId": operation_id(it), "parameters": parameters });
        // The response has no further ids.
        (!rest.contains('{')).then(|| (operation_id(it), link))
    };
    operations.iter().filter_map(continues).collect()
}

fn operation(it: DescribedOperation, links: Map<String, Value>, limits: &Limits) -> Value {
    let id = operation_id(&it);
    let parameters = it.description.parameters.into_iter().flat_map(|it| match it {
        Parameters::One(parameter) => vec![parameter],
        Parameters::Options(parameters) => parameters(limits),
    });
    let mut operation = json!({
        "operationId": id,
        "summary": it.name,
        "parameters": parameters.collect::<Vec<_>>(),
        "responses": it.description.responses,
    });
    let error = json!({
        "description": "An error; see the table of errors in the README.",
        "content": { "application/json": { "schema": { "$ref": "#/components/schemas/error" } } },
    });
    if let Some(created) = operation["responses"].get_mut("201") {
        created["links"] = Value::Object(links);
    }
    operation["responses"]["4XX"] = error.clone();
    operation["responses"]["5XX"] = error;
    if let Some((kind, schema)) = it.description.body {
        let schema = match schema {
            Schema::Fixed(schema) => schema,
            Schema::Limited(schema) => schema(&limits.rules),
        };
        operation["requestBody"] =
            json!({ "required": true, "content": { kind: { "schema": schema } } });
    }
    let needs = match (it.public, it.permissions.join(", ")) {
        (true, _) => "Needs no token.".to_owned(),
        (false, names) if names.is_empty() => "Needs a token.".to_owned(),
        (false, names) => format!("Needs one of the permissions {names}."),
    };
    operation["description"] = json!(needs);
    // One of these is enough.
    operation["security"] = match (it.public, &*it.permissions) {
        (true, _) => json!([]),
        (false, []) => json!([{ "token": [] }]),
        (false, names) => names.iter().map(|name| json!({ "token": [name] })).collect(),
    };
    operation
}
