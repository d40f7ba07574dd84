//! The documents that the service serves. `$metadata` itself is one of the recorded answers.

use std::collections::BTreeSet;
use std::io::Read;

use esimpool::http::{AccessKind, Operation, operations};
use flate2::read::GzDecoder;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::documents::documents;
use crate::support::{Answer, Engine, POOLS, TestApp, cases};

cases! {
    once: [
        the_openapi_document_knows_every_operation_and_refers_to_what_it_has,
        what_a_create_gave_leads_on_to_all_that_can_be_done_with_it,
        the_document_allows_the_bodies_of_the_documentation,
        annotations_of_known_properties_are_accepted,
        the_documents_are_served_without_beta_and_percent_encoded_too,
        a_client_that_has_a_document_is_told_so,
        the_document_names_the_base_that_the_client_used,
        every_action_and_function_is_a_route_and_in_the_metadata,
    ],
}

async fn the_openapi_document_knows_every_operation_and_refers_to_what_it_has() {
    let app = TestApp::start(Engine::Sqlite).await;
    let document = app.anonymous().get("/openapi.json").await.is(200).json();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["servers"][0]["url"], format!("http://{}", app.addr));
    for operation in operations() {
        let method = operation.method.as_str().to_lowercase();
        let known = &document["paths"][operation.path][&method];
        let answers = known["responses"].as_object().expect("answers");
        assert!(answers.keys().any(|status| status.starts_with('2')), "{}", operation.name);
        assert!(answers.contains_key("4XX") && answers.contains_key("5XX"), "{}", operation.name);
        let ids: Vec<_> = operation.path.split('/').filter(|part| part.starts_with('{')).collect();
        let parameters = known["parameters"].as_array().expect("parameters");
        let in_path = parameters.iter().filter(|it| it["in"] == "path").count();
        assert_eq!(in_path, ids.len(), "{}", operation.name);
        // One of the permissions is enough, and each is an alternative of its own.
        let alternatives: Vec<_> = match (operation.access, operation.access.permissions()) {
            (AccessKind::Public, _) => Vec::new(),
            (_, []) => vec![serde_json::json!({ "token": [] })],
            (_, needed) => {
                needed.iter().map(|it| serde_json::json!({ "token": [it.name()] })).collect()
            }
        };
        assert_eq!(known["security"], serde_json::Value::Array(alternatives), "{}", operation.name);
    }
    let mut references = Vec::new();
    collect(&document, &mut references);
    assert!(references.len() > 20);
    for reference in references {
        let path = reference.strip_prefix('#').expect("within the document");
        assert!(document.pointer(path).is_some(), "{reference}");
    }
    let create =
        &document["components"]["schemas"]["microsoft.graph.embeddedSIMActivationCodePool.create"];
    assert_eq!(create["required"], serde_json::json!(["displayName"]));
}

async fn what_a_create_gave_leads_on_to_all_that_can_be_done_with_it() {
    let app = TestApp::start(Engine::Sqlite).await;
    let document = app.anonymous().get("/openapi.json").await.is(200).json();
    let links = |path: &str| {
        document["paths"][path]["post"]["responses"]["201"]["links"].as_object().expect("links")
    };
    let pool = links(POOLS);
    for known in ["get-pool", "update-pool", "delete-pool", "assign", "create-device-state"] {
        assert_eq!(pool[known]["operationId"], known);
        assert_eq!(pool[known]["parameters"], json!({ "pool": "$response.body#/id" }));
    }
    assert!(!pool.contains_key("get-device-state"), "its id is not known yet");
    let states = links(&format!("{POOLS}/{{pool}}/deviceStates"));
    let names: Vec<_> = states.keys().collect();
    assert_eq!(
        names,
        [
            "delete-device-state",
            "get-device-state",
            "get-qr-code",
            "get-windows-settings",
            "update-device-state",
        ]
    );
    assert_eq!(
        states["get-device-state"]["parameters"],
        json!({ "pool": "$request.path.pool", "id": "$response.body#/id" })
    );
}

async fn annotations_of_known_properties_are_accepted() {
    let app = TestApp::start(Engine::Sqlite).await;
    let document = app.anonymous().get("/openapi.json").await.is(200).json();
    let pool =
        &document["components"]["schemas"]["microsoft.graph.embeddedSIMActivationCodePool.create"];
    let patterns: Vec<_> =
        pool["patternProperties"].as_object().expect("patterns").keys().collect();
    let [pattern] = patterns.as_slice() else { panic!("{patterns:?}") };
    let names = pattern
        .strip_prefix("^((")
        .and_then(|it| it.strip_suffix(")?@odata\\.|#)"))
        .expect("names");
    for name in names.split('|') {
        assert!(pool["properties"].get(name).is_some(), "{name}");
        let body = format!(r#"{{"displayName":"x","{name}@odata.context":1}}"#);
        app.writer().post(POOLS, body).await.is(201);
    }
}

async fn the_document_allows_the_bodies_of_the_documentation() {
    let app = TestApp::start(Engine::Sqlite).await;
    let document = app.anonymous().get("/openapi.json").await.is(200).json();
    let paths = document["paths"].as_object().expect("paths").values();
    let operations = paths.flat_map(|path| path.as_object().expect("operations").values());
    let schemas = operations.filter_map(|operation| {
        operation.pointer("/requestBody/content/application~1json/schema").cloned()
    });
    let validator = |mut schema: Value| {
        schema["components"] = document["components"].clone();
        jsonschema::draft202012::new(&schema).expect("a schema")
    };
    let validators: Vec<_> = schemas.map(validator).collect();
    let mut bodies = 0;
    for (page, text) in documents() {
        for (body, _) in text.split("'{").skip(1).filter_map(|rest| rest.split_once("}'")) {
            // Some are no JSON before the shell has filled them in.
            let Ok(body) = serde_json::from_str::<Value>(&format!("{{{body}}}")) else { continue };
            let allowed = validators.iter().any(|validator| validator.is_valid(&body));
            assert!(allowed, "{}: {body}", page.display());
            bodies += 1;
        }
    }
    assert!(bodies >= 3, "{bodies}");
}

fn collect(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member.as_str() {
                    Some(reference) if name == "$ref" => references.push(reference.to_owned()),
                    _ => collect(member, references),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
        _ => {}
    }
}

async fn the_documents_are_served_without_beta_and_percent_encoded_too() {
    let app = TestApp::start(Engine::Sqlite).await;
    let stranger = app.anonymous();
    let metadata = stranger.get("/beta/$metadata").await.is(200);
    assert_eq!(metadata.header("content-type"), "application/xml");
    for path in ["/$metadata", "/beta/%24metadata", "/%24metadata"] {
        assert_eq!(stranger.get(path).await.is(200).body, metadata.body, "{path}");
    }
    assert_eq!(stranger.get("/beta/").await.is(200).body, stranger.get("/beta").await.body);
    stranger.get("/beta/$metadata?x=1").await.is_refused(400, "BadRequest");
}

async fn a_client_that_has_a_document_is_told_so() {
    let app = TestApp::start(Engine::Sqlite).await;
    let stranger = app.anonymous();
    let get = async |path: &str, name: &'static str, value: &str| {
        Answer::of(stranger.request(Method::GET, path).header(name, value)).await
    };
    for path in ["/beta", "/beta/$metadata", "/openapi.json", "/docs"] {
        let whole = stranger.get(path).await.is(200);
        let tag = whole.header("etag").to_owned();
        assert!(tag.starts_with("W/\"") && tag.len() > 10, "{tag}");
        let strong = tag.strip_prefix("W/").expect("a weak tag");
        for known in [&tag, strong, "*", &format!("\"x\", {tag}")] {
            let answer = get(path, "if-none-match", known).await.is(304);
            assert_eq!((answer.header("etag"), answer.text().as_str()), (&*tag, ""), "{path}");
        }
        assert_eq!(get(path, "if-none-match", "W/\"x\"").await.is(200).body, whole.body);
        let packed = get(path, "accept-encoding", "gzip").await.is(200);
        assert_eq!(packed.header("etag"), tag);
        let mut text = Vec::new();
        if packed.header("content-encoding") == "gzip" {
            GzDecoder::new(&*packed.body).read_to_end(&mut text).expect("gzip");
        } else {
            assert!(path == "/beta", "only the shortest is sent as it is");
            text = packed.body;
        }
        assert_eq!(text, whole.body, "{path}");
    }
    assert_eq!(stranger.get("/docs").await.header("odata-version"), "");
    assert_eq!(stranger.get("/openapi.json").await.header("odata-version"), "4.0");
}

async fn the_document_names_the_base_that_the_client_used() {
    let app = TestApp::start(Engine::Sqlite).await;
    let mut tags = BTreeSet::new();
    for port in 1..=20 {
        let host = format!("localhost:{port}");
        let request = app.anonymous().request(Method::GET, "/openapi.json");
        let request = request.header("host", &host).header("accept-encoding", "identity");
        let answer = Answer::of(request).await.is(200);
        assert_eq!(answer.json()["servers"][0]["url"], format!("http://{host}"));
        tags.insert(answer.header("etag").to_owned());
    }
    assert_eq!(tags.len(), 20);
}

/// An action or a function: its kind, the segment that calls it, and the type that it is bound to.
type Bound = (&'static str, String, String);

async fn every_action_and_function_is_a_route_and_in_the_metadata() {
    let app = TestApp::start(Engine::Sqlite).await;
    let metadata = app.anonymous().get("/beta/$metadata").await.is(200).text();
    let declared = declared(&metadata);
    let routed: BTreeSet<Bound> =
        operations().iter().filter_map(|operation| routed(operation, &metadata)).collect();
    assert!(declared.len() > 10, "{declared:?}");
    assert_eq!(declared, routed);
}

/// The actions and functions that the metadata declares.
fn declared(metadata: &str) -> BTreeSet<Bound> {
    let attribute = |line: &str, name: &str| {
        let value = line.split(&format!(" {name}=\"")).nth(1)?.split('"').next()?;
        Some(value.to_owned())
    };
    let mut all = BTreeSet::new();
    let (mut namespace, mut open) = (String::new(), None);
    for line in metadata.lines().map(str::trim_start) {
        if line.starts_with("<Schema ") {
            namespace = attribute(line, "Namespace").expect("a namespace");
        }
        for kind in ["Action", "Function"] {
            if line.starts_with(&format!("<{kind} ")) {
                open = Some((kind, attribute(line, "Name").expect("a name")));
            }
        }
        if line.starts_with("<Parameter ")
            && let Some((kind, name)) = open.take()
        {
            assert_eq!(attribute(line, "Name").as_deref(), Some("bindingParameter"), "{line}");
            let name = if namespace == "esimpool" { format!("esimpool.{name}") } else { name };
            all.insert((kind, name, attribute(line, "Type").expect("a type")));
        }
    }
    all
}

/// The action or function that a route calls, if it is not about an entity or a collection.
fn routed(operation: &Operation, metadata: &str) -> Option<Bound> {
    let path = operation.path.strip_suffix("/$count").unwrap_or(operation.path);
    let segments: Vec<_> = path.strip_prefix(POOLS)?.split('/').skip(1).collect();
    let (name, parent) = segments.split_last()?;
    let is_navigation = metadata.contains(&format!("<NavigationProperty Name=\"{name}\" "));
    if name.starts_with('{') || is_navigation {
        return None;
    }
    let kind = match operation.method.as_str() {
        "POST" => "Action",
        "GET" => "Function",
        // The other methods change what a function returns.
        _ => return None,
    };
    let bound_to = match parent {
        [] => "Collection(graph.embeddedSIMActivationCodePool)",
        ["{pool}"] => "graph.embeddedSIMActivationCodePool",
        ["{pool}", "assignments", "{id}"] => "graph.embeddedSIMActivationCodePoolAssignment",
        ["{pool}", "deviceStates", "{id}"] => "graph.embeddedSIMDeviceState",
        _ => panic!("{path} is bound to no type that is known here"),
    };
    Some((kind, (*name).to_owned(), bound_to.to_owned()))
}
