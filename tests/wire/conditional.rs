//! What HTTP asks of every path: HEAD and OPTIONS, conditions on a GET and on a change, health under any
//! name, and JSON that begins with a byte-order mark.

use esimpool::http::operations;
use reqwest::Method;
use serde_json::json;

use crate::support::operations::target;
use crate::support::{Answer, EXAMPLE, Engine, POOLS, TestApp, cases};

cases! {
    both: [
        a_head_of_every_get_is_its_answer_without_the_body,
        a_client_that_has_the_entity_gets_304,
        a_change_under_if_none_match_is_412_if_the_revision_is_named,
    ],
    once: [
        options_names_the_methods_of_every_path,
        a_head_in_a_batch_has_no_body,
        health_is_told_under_any_host,
        json_may_begin_with_a_byte_order_mark,
    ],
}

async fn a_head_of_every_get_is_its_answer_without_the_body(engine: Engine) {
    let app = TestApp::start(engine).await;
    let importer = app.importer();
    for (number, operation) in operations().into_iter().enumerate() {
        if operation.method.as_str() != "GET" || operation.path.contains("{request}") {
            continue;
        }
        let path = target(&app, &operation, number).await;
        let get = importer.get(&path).await;
        let head = Answer::of(importer.request(Method::HEAD, &path)).await;
        assert_eq!(head.status, get.status, "{path}");
        assert!(head.status.is_success(), "{path}: {}", head.status);
        assert_eq!(head.text(), "", "{path}");
        assert_eq!(head.headers.get("content-type"), get.headers.get("content-type"), "{path}");
    }
    let missing = format!("{POOLS}/{}", uuid::Uuid::nil());
    for (path, actor, status) in
        [(missing.as_str(), &importer, 404), (POOLS, &app.anonymous(), 401)]
    {
        let head = Answer::of(actor.request(Method::HEAD, path)).await;
        assert_eq!((head.status.as_u16(), head.text().as_str()), (status, ""), "{path}");
    }
    let assign = format!("{missing}/assign");
    let head = Answer::of(importer.request(Method::HEAD, &assign)).await;
    assert_eq!((head.status.as_u16(), head.header("allow")), (405, "POST, OPTIONS"));
}

async fn options_names_the_methods_of_every_path() {
    let app = TestApp::start(Engine::Sqlite).await;
    for (path, allowed) in [
        ("/livez".to_owned(), "GET, HEAD, OPTIONS"),
        (POOLS.to_owned(), "GET, POST, HEAD, OPTIONS"),
        (format!("{POOLS}/x"), "GET, PATCH, DELETE, HEAD, OPTIONS"),
        (format!("{POOLS}/x/assign"), "POST, OPTIONS"),
        ("/beta/$batch".to_owned(), "POST, OPTIONS"),
    ] {
        let request = app.anonymous().request(Method::OPTIONS, &path);
        let answer = Answer::of(request.header("origin", "https://example.com")).await.is(200);
        assert_eq!((answer.header("allow"), answer.text().as_str()), (allowed, ""), "{path}");
        assert!(!answer.header("request-id").is_empty());
    }
    let unknown = app.anonymous().request(Method::OPTIONS, "/beta/nothing");
    Answer::of(unknown).await.is_refused(400, "BadRequest");
}

async fn a_head_in_a_batch_has_no_body() {
    let app = TestApp::start(Engine::Sqlite).await;
    let url = POOLS.trim_start_matches("/beta");
    let batch = json!({ "requests": [{ "id": "1", "method": "HEAD", "url": url }] });
    let answer = app.writer().post("/beta/$batch", batch).await.is(200).json();
    let part = &answer["responses"][0];
    assert_eq!((&part["status"], part.get("body")), (&json!(200), None), "{part}");
}

async fn a_client_that_has_the_entity_gets_304(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    let pool = writer.post(POOLS, EXAMPLE).await.is(201).json();
    let path = format!("{POOLS}/{}", pool["id"].as_str().expect("an id"));
    let state = writer.post(&format!("{path}/deviceStates"), json!({ "state": "installed" })).await;
    let state =
        format!("{path}/deviceStates/{}", state.is(201).json()["id"].as_str().expect("one"));
    let ask = async |method: Method, path: &str, tag: &str| {
        Answer::of(writer.request(method, path).header("if-none-match", tag)).await
    };
    for path in [&path, &state] {
        let tag = writer.get(path).await.is(200).header("etag").to_owned();
        let strong = tag.trim_start_matches("W/").to_owned();
        for known in [&tag, &strong, "*", &format!("\"other\", {tag}")] {
            for method in [Method::GET, Method::HEAD] {
                let answer = ask(method, path, known).await.is(304);
                assert_eq!((answer.text().as_str(), answer.header("etag")), ("", tag.as_str()));
                assert!(!answer.header("request-id").is_empty());
            }
        }
        for other in ["\"other\"", "W/\"0\"", ""] {
            ask(Method::GET, path, other).await.is(200);
        }
    }
    let tag = writer.get(&path).await.header("etag").to_owned();
    writer.patch(&path, json!({ "displayName": "changed" })).await.is(200);
    ask(Method::GET, &path, &tag).await.is(200);
    // The tag is no key: who may not read learns nothing.
    let stranger = app.tenant("fabrikam").caller(esimpool::auth::Permission::ConfigurationReadAll);
    let request = stranger.request(Method::GET, &path).header("if-none-match", "*");
    Answer::of(request).await.is_refused(404, "ResourceNotFound");
    // A list has no tag.
    ask(Method::GET, POOLS, "*").await.is(200);
}

async fn a_change_under_if_none_match_is_412_if_the_revision_is_named(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    let pool = writer.post(POOLS, EXAMPLE).await.is(201).json();
    let path = format!("{POOLS}/{}", pool["id"].as_str().expect("an id"));
    let change = async |method: Method, path: &str, headers: &[(&'static str, &str)]| {
        let mut request = writer.request(method, path).header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::of(request.body(json!({ "displayName": "changed" }).to_string())).await
    };
    let tag = writer.get(&path).await.header("etag").to_owned();
    for method in [Method::PATCH, Method::DELETE] {
        for headers in [
            &[("if-none-match", "*")][..],
            &[("if-none-match", &tag)],
            &[("if-none-match", &tag), ("if-match", &tag)],
            &[("if-none-match", "*"), ("if-match", &tag)],
        ] {
            change(method.clone(), &path, headers).await.is_refused(412, "PreconditionFailed");
        }
        let missing = format!("{POOLS}/{}", uuid::Uuid::nil());
        let answer = change(method, &missing, &[("if-none-match", "*")]).await;
        answer.is_refused(404, "ResourceNotFound");
    }
    assert_eq!(writer.get(&path).await.header("etag"), tag, "nothing was changed");
    change(Method::PATCH, &path, &[("if-none-match", "\"other\"")]).await.is(200);
    change(Method::DELETE, &path, &[("if-none-match", &tag)]).await.is(204);
}

async fn health_is_told_under_any_host() {
    let app = TestApp::start(Engine::Sqlite).await;
    for host in ["esim.example.com", "10.1.2.3:8080", "localhost"] {
        for path in ["/livez", "/readyz", "/livez/"] {
            for method in [Method::GET, Method::HEAD] {
                Answer::of(app.anonymous().request(method, path).header("host", host))
                    .await
                    .is(200);
            }
        }
    }
    for path in ["/livez/more", "/docs", "/beta", POOLS] {
        let request = app.anonymous().request(Method::GET, path).header("host", "example.com");
        Answer::of(request).await.is_refused(403, "RemoteCallerNotAllowed");
    }
}

async fn json_may_begin_with_a_byte_order_mark() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    let marked = |text: &str| format!("\u{feff}{text}");
    writer.post(POOLS, marked(EXAMPLE)).await.is(201);
    let pool = writer.post(POOLS, marked("{\"displayName\":\"Case 19\"}")).await.is(201).json();
    let path = format!("{POOLS}/{}", pool["id"].as_str().expect("an id"));
    writer.patch(&path, marked("{\"displayName\":\"new\"}")).await.is(200);
    let batch = json!({ "requests": [{ "id": "1", "method": "GET", "url": "/deviceManagement/auditEvents" }] });
    writer.post("/beta/$batch", marked(&batch.to_string())).await.is(200);
    writer.post(POOLS, marked(&marked("{}"))).await.is_refused(400, "BadRequest");
}
