//! `Prefer` and entity tags.

use reqwest::Method;
use serde_json::json;

use crate::support::bodies::{device_state, group, new_pool};
use crate::support::{Actor, Answer, EXAMPLE, Engine, POOLS, TestApp, cases};

cases! {
    both: [a_change_under_another_tag_is_refused_and_changes_nothing],
    once: [
        a_client_may_prefer_no_body,
        a_client_may_prefer_smaller_pages,
        a_preference_is_read_with_its_quotes_and_parameters_and_counts_once,
        json_that_is_refused_with_any_spelling_of_a_zero_weight_is_not_acceptable,
        the_most_specific_media_range_decides,
        gzip_that_is_refused_with_any_spelling_of_a_zero_weight_is_not_sent,
        a_header_of_nothing_but_commas_costs_no_more_than_any_other,
    ],
}

async fn send(
    actor: &Actor,
    method: &str,
    path: &str,
    header: (&'static str, &str),
    body: &str,
) -> Answer {
    let request = actor.request(method.parse().expect("a verb"), path).header(header.0, header.1);
    Answer::of(request.header("content-type", "application/json").body(body.to_owned())).await
}

async fn a_change_under_another_tag_is_refused_and_changes_nothing(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    let pool = new_pool(&writer).await;
    let assignment =
        writer.post(&format!("{pool}/assignments"), json!({ "target": group("a") })).await.is(201);
    let state = writer.post(&format!("{pool}/deviceStates"), device_state()).await.is(201);
    let target = json!({ "target": group("b") }).to_string();
    for (path, change) in [
        (assignment.header("location").to_owned(), target.as_str()),
        (state.header("location").to_owned(), r#"{"state":"installed"}"#),
        (pool.clone(), r#"{"displayName":"changed"}"#),
    ] {
        let before = writer.get(&path).await.is(200);
        let tag = before.header("etag").to_owned();
        assert!(tag.starts_with("W/\"") && before.json()["@odata.etag"] == *tag, "{tag}");
        for stale in ["W/\"99\"", "\"99\"", "W/\"x\"", "nonsense", "\"\""] {
            send(&writer, "PATCH", &path, ("if-match", stale), change)
                .await
                .is_refused(412, "PreconditionFailed");
            send(&writer, "DELETE", &path, ("if-match", stale), "")
                .await
                .is_refused(412, "PreconditionFailed");
        }
        assert_eq!(writer.get(&path).await.is(200).json(), before.json());
        let several = format!("W/\"98\", {tag}");
        let changed = send(&writer, "PATCH", &path, ("if-match", &several), change).await.is(200);
        assert_ne!(changed.header("etag"), tag, "another revision, another tag");
        send(&writer, "PATCH", &path, ("if-match", &tag), change)
            .await
            .is_refused(412, "PreconditionFailed");
        send(&writer, "PATCH", &path, ("if-match", "*"), change).await.is(200);
        let newest = changed.header("etag").to_owned();
        send(&writer, "DELETE", &path, ("if-match", &newest), "").await.is(204);
        send(&writer, "DELETE", &path, ("if-match", &newest), "")
            .await
            .is_refused(404, "ResourceNotFound");
    }
}

async fn a_client_may_prefer_no_body() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    let minimal = send(&writer, "POST", POOLS, ("prefer", "return=minimal"), EXAMPLE).await.is(204);
    assert_eq!(minimal.header("preference-applied"), "return=minimal");
    let path = minimal.header("location");
    assert_eq!(minimal.header("odata-entityid"), path);
    assert!(minimal.body.is_empty());
    writer.get(path).await.is(200);
    let changed =
        send(&writer, "PATCH", path, ("prefer", "return=minimal"), r#"{"displayName":"x"}"#)
            .await
            .is(204);
    assert!(changed.body.is_empty() && changed.header("etag") == "W/\"2\"");
    let whole =
        send(&writer, "PATCH", path, ("prefer", "return=representation"), r#"{"displayName":"y"}"#)
            .await
            .is(200);
    assert_eq!(
        (whole.header("preference-applied"), &whole.json()["displayName"]),
        ("return=representation", &json!("y"))
    );
    let ignored = send(
        &writer,
        "PATCH",
        path,
        ("prefer", "respond-async, include-unknown-enum-members"),
        "{}",
    )
    .await
    .is(200);
    assert_eq!(ignored.header("preference-applied"), "");
}

async fn a_client_may_prefer_smaller_pages() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    for _ in 0..5 {
        new_pool(&writer).await;
    }
    let list = async |query: &str, size: &str| {
        let prefer = format!("odata.maxpagesize={size}");
        let request =
            writer.request(Method::GET, &format!("{POOLS}{query}")).header("prefer", prefer);
        Answer::of(request).await.is(200)
    };
    for (query, size, length) in
        [("", "2", 2), ("?$top=4", "3", 3), ("?$top=2", "3", 2), ("", "99999", 5)]
    {
        let page = list(query, size).await;
        assert_eq!(page.json()["value"].as_array().map(Vec::len), Some(length), "{query} {size}");
        assert_eq!(page.header("preference-applied"), format!("odata.maxpagesize={size}"));
    }
}

async fn a_preference_is_read_with_its_quotes_and_parameters_and_counts_once() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    let create =
        async |prefer: &str| send(&writer, "POST", POOLS, ("prefer", prefer), EXAMPLE).await;
    for minimal in [
        "return=minimal; wait=1",
        "return=\"minimal\"",
        "RETURN=minimal",
        "return = minimal;x=\"a, return=representation\"",
        "return=minimal, return=representation",
    ] {
        let created = create(minimal).await.is(204);
        assert_eq!(created.header("preference-applied"), "return=minimal", "{minimal}");
    }
    for other in ["wait=1; return=minimal", "return=all, return=minimal", "x=\"return=minimal\""] {
        assert_eq!(create(other).await.is(201).header("preference-applied"), "", "{other}");
    }
}

async fn get(actor: &Actor, header: (&'static str, &str)) -> Answer {
    Answer::of(actor.request(Method::GET, POOLS).header(header.0, header.1)).await
}

async fn json_that_is_refused_with_any_spelling_of_a_zero_weight_is_not_acceptable() {
    let app = TestApp::start(Engine::Sqlite).await;
    for weight in ["q=0", "q=0.0", "q=0.000", " Q=0.0", "q=0;charset=utf-8"] {
        get(&app.writer(), ("accept", &format!("application/json;{weight}")))
            .await
            .is_refused(406, "NotAcceptable");
    }
    get(&app.writer(), ("accept", "application/json;q=0.001")).await.is(200);
}

async fn the_most_specific_media_range_decides() {
    let app = TestApp::start(Engine::Sqlite).await;
    let reader = app.writer();
    for refused in [
        "*/*, application/json;q=0",
        "application/json;q=0.0, application/*, */*",
        "application/*;q=0, */*",
        "text/html",
    ] {
        get(&reader, ("accept", refused)).await.is_refused(406, "NotAcceptable");
    }
    for accepted in [
        "*/*;q=0, application/json",
        "application/*;q=0, application/json;q=0.1",
        "*/*;q=0, application/*",
        "text/html, */*; q=.2",
    ] {
        get(&reader, ("accept", accepted)).await.is(200);
    }
    let none = "application/json, application/json;odata.metadata=minimal;q=0.5, \
                application/json;odata.metadata=none;q=0.6";
    let page = get(&reader, ("accept", none)).await.is(200);
    assert!(page.header("content-type").contains("odata.metadata=none"));
    assert!(page.json().get("@odata.context").is_none());
}

async fn gzip_that_is_refused_with_any_spelling_of_a_zero_weight_is_not_sent() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    for _ in 0..20 {
        writer.post(POOLS, EXAMPLE).await.is(201);
    }
    for (accepted, coding) in [
        ("gzip;q=0.0", ""),
        ("gzip;q=0", ""),
        ("gzip;q=0.000, *", ""),
        ("*;q=0.0", ""),
        ("*;q=0, gzip", "gzip"),
        ("gzip;q=0.1", "gzip"),
    ] {
        let page = get(&writer, ("accept-encoding", accepted)).await.is(200);
        assert_eq!(page.header("content-encoding"), coding, "{accepted}");
    }
}

async fn a_header_of_nothing_but_commas_costs_no_more_than_any_other() {
    let app = TestApp::start(Engine::Sqlite).await;
    let (reader, commas) = (app.writer(), ",".repeat(4000));
    get(&reader, ("accept", &commas)).await.is_refused(406, "NotAcceptable");
    get(&reader, ("accept-encoding", &commas)).await.is(200);
    get(&reader, ("prefer", &commas)).await.is(200);
}
