//! A response has a greatest length, whatever is asked for.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::bodies::{device_state, new_pool};
use crate::support::lists::ids;
use crate::support::{Actor, Engine, POOLS, TestApp, cases};

cases! {
    both: [
        a_page_ends_early_and_its_link_continues_after_it,
        an_expanded_list_ends_early_and_its_link_continues_after_it,
        pools_that_expand_to_very_many_entities_are_spread_over_pages,
    ],
}

/// The ids on all pages from this one on, in their order, and how many pages there are.
async fn all_ids(actor: &Actor, path: &str, max_bytes: usize) -> (Vec<String>, usize) {
    let (mut all, mut pages, mut next) = (Vec::new(), 0, Some(path.to_owned()));
    while let Some(path) = next {
        let answer = actor.get(&path).await.is(200);
        // Links and the context come on top.
        assert!(answer.body.len() < max_bytes + 2000, "{} bytes", answer.body.len());
        let page = answer.json();
        assert!(!ids(&page).is_empty(), "{page}");
        all.extend(ids(&page));
        pages += 1;
        next = page["@odata.nextLink"].as_str().map(str::to_owned);
    }
    (all, pages)
}

fn is_each_once(ids: &[String], count: usize) {
    assert_eq!(ids.len(), count);
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), count);
}

async fn a_page_ends_early_and_its_link_continues_after_it(engine: Engine) {
    const BYTES: usize = 4096;

    let app = TestApp::with(engine).set("limits.page_bytes", BYTES).start().await;
    let writer = app.writer();
    for number in 0..30 {
        let name = format!("{number:02} {}", "\u{1F4F6}".repeat(200));
        writer.post(POOLS, json!({ "displayName": name })).await.is(201);
    }
    for order in ["id", "displayName desc"] {
        let path = format!("{POOLS}?$top=30&$orderby={order}&$select=id,displayName");
        let (ids, pages) = all_ids(&writer, &path, BYTES).await;
        is_each_once(&ids, 30);
        assert!(pages > 5, "{pages} pages");
    }
    let first = writer.get(&format!("{POOLS}?$top=30&$count=true")).await.is(200).json();
    assert_eq!(first["@odata.count"], 30, "of all pages");
}

async fn an_expanded_list_ends_early_and_its_link_continues_after_it(engine: Engine) {
    const BYTES: usize = 12_000;

    let app = TestApp::with(engine).set("limits.page_bytes", BYTES).start().await;
    let writer = app.writer();
    let pool = new_pool(&writer).await;
    for _ in 0..40 {
        writer.post(&format!("{pool}/deviceStates"), device_state()).await.is(201);
    }
    for path in [format!("{pool}?$expand=deviceStates"), format!("{POOLS}?$expand=deviceStates")] {
        let answer = writer.get(&path).await.is(200);
        assert!(answer.body.len() < BYTES, "{} bytes", answer.body.len());
        let answer = answer.json();
        let entity = if answer["value"].is_array() { &answer["value"][0] } else { &answer };
        let mut seen = ids(&json!({ "value": entity["deviceStates"] }));
        assert!(seen.len() < 40, "{entity}");
        let next = entity["deviceStates@odata.nextLink"].as_str().expect("it was cut");
        seen.extend(all_ids(&writer, next, BYTES).await.0);
        is_each_once(&seen, 40);
    }
}

async fn pools_that_expand_to_very_many_entities_are_spread_over_pages(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    let mut pools = Vec::new();
    for _ in 0..3 {
        let pool = new_pool(&writer).await;
        let path = format!("{pool}/deviceStates");
        for _ in 0..8 {
            let states = (0..50).map(|_| writer.post(&path, device_state()));
            join_all(states).await.into_iter().for_each(|answer| drop(answer.is(201)));
        }
        pools.push(pool.rsplit('/').next().expect("an id").to_owned());
    }
    let mut next = Some(format!("{POOLS}?$expand=assignments,deviceStates($top=400)"));
    let (mut seen, mut pages) = (Vec::new(), 0);
    while let Some(path) = next {
        let page = writer.get(&path).await.is(200).json();
        for pool in page["value"].as_array().expect("a list") {
            assert_eq!(pool["deviceStates"].as_array().map(Vec::len), Some(400));
            assert_eq!(pool["deviceStates@odata.nextLink"], Value::Null);
            assert_eq!(pool["assignments"], json!([]));
        }
        seen.extend(ids(&page));
        pages += 1;
        next = page["@odata.nextLink"].as_str().map(str::to_owned);
    }
    assert_eq!(seen, pools);
    assert!(pages > 1, "1,200 entities are more than one response expands to");
}
