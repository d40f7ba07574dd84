//! The links from page to page.

use serde_json::json;

use crate::support::bodies::new_pool;
use crate::support::lists::{create_pools, ids, names};
use crate::support::{Engine, POOLS, TestApp, cases};

cases! {
    both: [
        pages_of_ten_thousand_pools_hold_each_remaining_pool_once,
    ],
    once: [
        a_cursor_is_valid_for_its_own_query_only,
    ],
}

/// While others are created and deleted: each pool that lived through it is seen exactly once.
async fn pages_of_ten_thousand_pools_hold_each_remaining_pool_once(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    let create = async |count: usize| {
        let mut created = Vec::new();
        for _ in 0..count / 50 {
            let all = (0..50).map(|_| writer.post(POOLS, json!({ "displayName": "one of many" })));
            let all = futures_util::future::join_all(all).await;
            created.extend(
                all.into_iter()
                    .map(|answer| answer.is(201).json()["id"].as_str().expect("an id").to_owned()),
            );
        }
        created
    };
    let all = create(10_000).await;
    // Some go and some come, all the while.
    let (doomed, living) = all.split_at(500);
    let turmoil = async {
        for chunk in doomed.chunks(50) {
            let gone = chunk.iter().map(|id| {
                let path = format!("{POOLS}/{id}");
                let writer = writer.clone();
                async move { writer.delete(&path).await.is(204) }
            });
            futures_util::future::join_all(gone).await;
            create(50).await;
        }
    };
    let walk = async {
        let mut seen = std::collections::HashMap::new();
        let mut next = Some(format!("{POOLS}?$top=999&$orderby=createdDateTime&$select=id"));
        while let Some(path) = next {
            let page = writer.get(&path).await.is(200).json();
            for id in ids(&page) {
                *seen.entry(id).or_insert(0) += 1;
            }
            next = page["@odata.nextLink"].as_str().map(str::to_owned);
        }
        seen
    };
    let ((), seen) = tokio::join!(turmoil, walk);
    assert!(seen.values().all(|count| *count == 1), "seen twice");
    let missed = living.iter().filter(|id| !seen.contains_key(*id)).count();
    assert_eq!(missed, 0, "not seen");
}

async fn a_cursor_is_valid_for_its_own_query_only() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    create_pools(&writer, &["a", "b", "c"]).await;
    let page = writer
        .get(&format!("{POOLS}?$top=1&$orderby=displayName&$filter=displayName ne 'x'"))
        .await
        .is(200)
        .json();
    let next = page["@odata.nextLink"].as_str().expect("a next page");
    let token = next.rsplit("$skiptoken=").next().expect("a token");
    for query in [
        "",
        "&$orderby=displayName",
        "&$filter=displayName ne 'x'",
        "&$orderby=displayName desc&$filter=displayName ne 'x'",
    ] {
        let answer = writer.get(&format!("{POOLS}?$top=1{query}&$skiptoken={token}")).await;
        let message = answer.is_refused(400, "BadRequest");
        assert!(message.contains("$skiptoken"), "{query}: {message}");
    }
    let states =
        writer.get(&format!("{}/deviceStates?$skiptoken={token}", new_pool(&writer).await)).await;
    states.is_refused(400, "BadRequest");
    for broken in
        ["", "x", "AAAA", "WzIsIngiLFtdXQ", &token[..token.len() - 4], &format!("{token}AA")]
    {
        let answer = writer
            .get(&format!(
                "{POOLS}?$orderby=displayName&$filter=displayName ne 'x'&$skiptoken={broken}"
            ))
            .await;
        assert!(answer.is_refused(400, "BadRequest").contains("$skiptoken"), "{broken}");
    }
    // Another page size is another way through the same question.
    let rest = writer
        .get(&format!(
            "{POOLS}?$orderby=displayName&$filter=displayName ne 'x'&$top=9&$skiptoken={token}"
        ))
        .await;
    assert_eq!(names(&rest.is(200).json()), ["b", "c", "pool"]);
}
