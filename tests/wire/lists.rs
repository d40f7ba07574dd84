//! Pages of pools.

use std::collections::HashSet;

use serde_json::json;

use crate::support::{Actor, Engine, POOLS, TestApp, cases};

cases! {
    both: [
        pages_hold_every_pool_once_and_the_last_has_no_link,
        a_page_is_a_hundred_unless_the_client_says_otherwise,
        pages_are_unaffected_by_pools_created_and_deleted_meanwhile,
    ],
    once: [
        options_are_accepted_in_every_spelling,
        an_unknown_option_is_refused_by_name,
        links_use_the_host_that_the_client_used,
        links_use_the_public_base_url_if_it_is_set,
    ],
}

async fn pages_hold_every_pool_once_and_the_last_has_no_link(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    let ids = create(&writer, 25).await;
    for top in [1, 7, 24, 25, 26] {
        let mut seen = Vec::new();
        let mut next = Some(format!("{POOLS}?$top={top}"));
        while let Some(path) = next {
            let page = writer.get(&path).await.is(200).json();
            let value = page["value"].as_array().expect("a list");
            assert!(value.len() <= top);
            seen.extend(value.iter().map(|pool| pool["id"].as_str().expect("an id").to_owned()));
            // Absent on the last page, never null.
            next =
                page.get("@odata.nextLink").map(|link| link.as_str().expect("a text").to_owned());
            assert!(next.as_deref().is_none_or(|link| link.starts_with("http://127.0.0.1:")));
        }
        assert_eq!(seen, ids, "$top={top}: each pool once, oldest first");
    }
}

async fn a_page_is_a_hundred_unless_the_client_says_otherwise(engine: Engine) {
    let app = TestApp::with(engine).set("limits.top_max", 150).start().await;
    let writer = app.writer();
    create(&writer, 160).await;
    for (query, length) in [("", 100), ("?$top=120", 120), ("?$top=5000", 150)] {
        let page = writer.get(&format!("{POOLS}{query}")).await.is(200).json();
        assert_eq!(page["value"].as_array().map(Vec::len), Some(length), "{query}");
        assert!(page["@odata.nextLink"].is_string(), "{query}: cut, and saying so");
    }
}

async fn pages_are_unaffected_by_pools_created_and_deleted_meanwhile(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    let ids = create(&writer, 40).await;
    let mut seen = HashSet::new();
    let mut next = Some(format!("{POOLS}?$top=6"));
    let mut round = 0;
    while let Some(path) = next {
        let page = writer.get(&path).await.is(200).json();
        for pool in page["value"].as_array().expect("a list") {
            assert!(seen.insert(pool["id"].as_str().expect("an id").to_owned()), "seen twice");
        }
        // One behind the cursor goes, and another comes.
        writer.delete(&format!("{POOLS}/{}", ids[round * 6])).await.is(204);
        create(&writer, 1).await;
        round += 1;
        next = page["@odata.nextLink"].as_str().map(str::to_owned).filter(|_| round < 6);
    }
    let lived: Vec<_> = ids.iter().take(36).filter(|id| !seen.contains(*id)).collect();
    assert!(lived.is_empty(), "not seen: {lived:?}");
}

async fn options_are_accepted_in_every_spelling() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    create(&writer, 3).await;
    for query in ["$top=2", "%24top=2", "top=2", "$TOP=2", "$Top=2", "&$top=2&", "$top=%32"] {
        let page = writer.get(&format!("{POOLS}?{query}")).await.is(200).json();
        assert_eq!(page["value"].as_array().map(Vec::len), Some(2), "{query}");
    }
}

async fn an_unknown_option_is_refused_by_name() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    let id = create(&writer, 1).await.remove(0);
    for (path, target) in [
        ("?$foo=1", "$foo"),
        ("?foo=1", "foo"),
        ("?fooBar=1&top=1&%24x=2", "fooBar, $x"),
        ("?$top=", "$top"),
        ("?$top=-1", "$top"),
        ("?$top=1.5", "$top"),
        ("?$top=abc", "$top"),
        ("?$top=99999999999", "$top"),
        ("?$top=1&$top=2", "$top"),
        ("?$top=1&TOP=2", "TOP"),
        ("?$skiptoken=", "$skiptoken"),
        ("?$skiptoken=AAAA", "$skiptoken"),
        ("?$skiptoken=%00", "$skiptoken"),
    ] {
        let answer = writer.get(&format!("{POOLS}{path}")).await;
        let message = answer.is_refused(400, "BadRequest");
        assert!(message.contains(target), "{path}: {message}");
        assert_eq!(answer.json()["error"]["target"], target, "{path}");
    }
    let one = format!("{POOLS}/{id}");
    writer.get(&format!("{one}?$top=1")).await.is_refused(400, "BadRequest");
    writer.delete(&format!("{one}?force=true")).await.is_refused(400, "BadRequest");
    writer.patch(&format!("{one}?x"), json!({})).await.is_refused(400, "BadRequest");
    writer
        .post(&format!("{POOLS}?$top=1"), json!({ "displayName": "x" }))
        .await
        .is_refused(400, "BadRequest");
    writer.get(&format!("{POOLS}?$top=%FF")).await.is_refused(400, "BadRequest");
    let long = format!("{POOLS}?$top={}", "1".repeat(17_000));
    assert!(writer.get(&long).await.is_refused(400, "BadRequest").contains("16384"));
    writer.get(&one).await.is(200);
}

async fn links_use_the_host_that_the_client_used() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    create(&writer, 2).await;
    for (host, base) in [
        (
            format!("localhost:{}", app.addr.port()),
            format!("http://localhost:{}/beta/", app.addr.port()),
        ),
        (format!("127.0.0.1:{}", app.addr.port()), format!("http://{}/beta/", app.addr)),
    ] {
        let request =
            writer.request(reqwest::Method::GET, &format!("{POOLS}?$top=1")).header("host", &host);
        let page = crate::support::Answer::of(request).await.is(200).json();
        for link in ["@odata.nextLink", "@odata.context"] {
            assert!(page[link].as_str().expect("a link").starts_with(&base), "{page}");
        }
    }
}

async fn links_use_the_public_base_url_if_it_is_set() {
    let app = TestApp::with(Engine::Sqlite)
        .set("server.public_base_url", "https://esim.example.com/graph")
        .set("identity.development.enabled", true)
        .set("identity.development.allow_remote", true)
        .start()
        .await;
    let writer = app.writer();
    let created = writer.post(POOLS, json!({ "displayName": "x" })).await.is(201);
    assert!(
        created
            .header("location")
            .starts_with("https://esim.example.com/graph/beta/deviceManagement/")
    );
    let request = writer.request(reqwest::Method::GET, POOLS).header("host", "evil.example.com");
    let page = crate::support::Answer::of(request).await.is(200).json();
    assert!(
        page["@odata.context"]
            .as_str()
            .expect("a link")
            .starts_with("https://esim.example.com/graph/beta/")
    );
}

/// Creates pools and gives their ids.
async fn create(writer: &Actor, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for number in 0..count {
        let pool = writer
            .post(POOLS, json!({ "displayName": format!("pool {number}") }))
            .await
            .is(201)
            .json();
        ids.push(pool["id"].as_str().expect("an id").to_owned());
    }
    ids
}
