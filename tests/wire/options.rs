//! Query options as clients send them.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::bodies::{device_state, group, new_pool, target};
use crate::support::{Actor, Answer, Engine, POOLS, TestApp, cases, codes, measured};

cases! {
    both: [
        the_portals_call_works,
        expanded_collections_are_filtered_ordered_cut_and_linked,
        filters_choose_orders_order_and_pages_go_on,
        every_page_of_ten_thousand_pools_holds_each_that_lives_once,
        an_expansion_takes_a_fixed_number_of_statements,
    ],
    once: [
        recorded_queries_of_both_sdks_are_understood,
        what_cannot_be_done_is_refused_with_its_place_and_reason,
        hostile_filters_are_refused_at_once,
        a_cursor_is_good_for_its_own_question_only,
        selections_show_what_was_selected,
        counts_and_searches_look_at_what_is_asked,
        answers_without_metadata_say_nothing_of_themselves,
    ],
}

fn ids(page: &Value) -> Vec<String> {
    let value = page["value"].as_array().unwrap_or_else(|| panic!("{page}"));
    value.iter().map(|entity| entity["id"].as_str().expect("an id").to_owned()).collect()
}

fn names(page: &Value) -> Vec<String> {
    let value = page["value"].as_array().unwrap_or_else(|| panic!("{page}"));
    value.iter().map(|entity| entity["displayName"].as_str().expect("a name").to_owned()).collect()
}

async fn create(writer: &Actor, names: &[&str]) {
    for (number, name) in names.iter().enumerate() {
        let body = json!({ "displayName": name, "activationCodes": codes(number) });
        writer.post(POOLS, body).await.is(201);
    }
}

async fn the_portals_call_works(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    let (one, two) = (new_pool(&writer).await, new_pool(&writer).await);
    writer
        .post(&format!("{one}/assignments"), json!({ "target": target("allDevices") }))
        .await
        .is(201);
    let page = writer
        .get(&format!("{POOLS}?$select=id,displayName,activationCodeCount&$expand=assignments"))
        .await
        .is(200)
        .json();
    let context = page["@odata.context"].as_str().expect("a context");
    assert!(
        context.ends_with(
            "embeddedSIMActivationCodePools(id,displayName,activationCodeCount,assignments())"
        ),
        "{context}"
    );
    let first = page["value"][0].as_object().expect("an object");
    let shown: Vec<_> = first.keys().filter(|name| !name.starts_with("@odata")).collect();
    assert_eq!(
        shown,
        ["activationCodeCount", "assignments", "assignments@odata.context", "displayName", "id"]
    );
    assert_eq!(
        first["assignments"][0]["target"]["@odata.type"],
        "#microsoft.graph.allDevicesAssignmentTarget"
    );
    let context = first["assignments@odata.context"].as_str().expect("a context");
    let id = one.rsplit('/').next().expect("an id");
    assert!(
        context.ends_with(&format!("embeddedSIMActivationCodePools('{id}')/assignments")),
        "{context}"
    );
    assert_eq!(page["value"][1]["assignments"], json!([]));
    assert_eq!(
        writer.get(&format!("{two}?$expand=assignments")).await.is(200).json()["assignments"],
        json!([])
    );
}

async fn expanded_collections_are_filtered_ordered_cut_and_linked(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    let pool = new_pool(&writer).await;
    for (number, state) in
        ["installed", "failed", "installed", "installed", "error"].iter().enumerate()
    {
        let mut body = device_state();
        body["state"] = (*state).into();
        body["deviceName"] = format!("device {number}").into();
        writer.post(&format!("{pool}/deviceStates"), body).await.is(201);
    }
    writer
        .post(&format!("{pool}/assign"), json!({ "assignments": [{ "target": group("a") }] }))
        .await
        .is(200);
    let nested = "deviceStates($select=id,deviceName;$filter=state eq 'installed';$orderby=deviceName desc;$top=2;$count=true)";
    for path in [
        format!("{POOLS}?$expand=assignments,{nested}"),
        format!("{pool}?$expand=assignments,{nested}"),
    ] {
        let answer = writer.get(&path).await.is(200).json();
        let entity = if answer["value"].is_array() { &answer["value"][0] } else { &answer };
        let seen: Vec<_> = entity["deviceStates"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|state| &state["deviceName"])
            .collect();
        assert_eq!(seen, ["device 3", "device 2"]);
        assert_eq!(
            entity["deviceStates"][0]
                .as_object()
                .expect("an object")
                .keys()
                .filter(|name| !name.starts_with('@'))
                .count(),
            2
        );
        assert_eq!(entity["deviceStates@odata.count"], 3);
        assert_eq!(entity["assignments"].as_array().map(Vec::len), Some(1));
        let next = entity["deviceStates@odata.nextLink"].as_str().expect("it was cut");
        let rest = writer.get(next).await.is(200).json();
        assert_eq!(rest["value"].as_array().map(Vec::len), Some(1), "{next}");
        assert_eq!(rest["value"][0]["deviceName"], "device 0");
        assert_eq!(rest["@odata.nextLink"], Value::Null);
    }
}

async fn filters_choose_orders_order_and_pages_go_on(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    create(&writer, &["beta", "Alpha", "alpha", "Größe", "größe", "日本", "_x", "beta"]).await;
    let list = async |query: &str| writer.get(&format!("{POOLS}?{query}")).await.is(200).json();
    for (query, expected) in [
        ("$filter=displayName eq 'alpha'", &["alpha"][..]),
        ("$filter=tolower(displayName) eq 'größe'", &["Größe", "größe"]),
        ("$filter=toupper(displayName) eq 'ALPHA'", &["Alpha", "alpha"]),
        ("$filter=toupper(displayName) eq 'Alpha'", &[]),
        ("$filter=contains(displayName,'本') or startswith(displayName,'_')", &["日本", "_x"]),
        ("$filter=not (activationCodeCount gt 1)", &["beta", "Alpha"]),
        ("$filter=activationCodeCount in (2,5)", &["alpha", "日本"]),
        ("$filter=length(displayName) eq 2", &["日本", "_x"]),
        (
            "$filter=endswith(displayName,'a') and activationCodeCount lt 7&$orderby=displayName",
            &["Alpha", "alpha", "beta"],
        ),
        ("$orderby=displayName desc&$top=2", &["日本", "größe"]),
        (
            "$orderby=tolower(displayName),activationCodeCount desc&$skip=1&$top=3",
            &["alpha", "Alpha", "beta"],
        ),
        ("$search=\"LPH\"", &["Alpha", "alpha"]),
        ("$search=\"GRÖSSE\" OR \"_X\"", &["_x"]),
        ("$search=beta OR \"displayName:GRÖ\"", &["beta", "Größe", "größe", "beta"]),
        ("$search=NOT beta&$filter=activationCodeCount ge 5", &["日本", "_x"]),
        ("$filter=createdDateTime lt 2020-01-01T00:00:00Z", &[]),
        ("$filter=id eq 'not a guid'", &[]),
        (
            "$filter=contains(displayName,'alpha') eq false and startswith(displayName,'A')",
            &["Alpha"],
        ),
        ("$filter=displayName eq 'it''s'", &[]),
    ] {
        assert_eq!(names(&list(query).await), expected, "{query}");
    }
    // Pages of an order with equals, while the order holds.
    let whole = ids(&list("$orderby=displayName desc,activationCodeCount").await);
    let mut seen = Vec::new();
    let mut next =
        Some(format!("{POOLS}?$orderby=displayName desc,activationCodeCount&$top=3&$count=true"));
    while let Some(path) = next {
        let page = writer.get(&path).await.is(200).json();
        assert_eq!(page["@odata.count"], 8);
        seen.extend(ids(&page));
        next = page["@odata.nextLink"].as_str().map(str::to_owned);
    }
    assert_eq!(seen, whole);
    // $skip is for the first page only.
    let page = list("$orderby=displayName&$skip=2&$top=2").await;
    let next = page["@odata.nextLink"].as_str().expect("a next page");
    assert!(!next.contains("skip=2"), "{next}");
    let ordered = names(&list("$orderby=displayName").await);
    assert_eq!(names(&writer.get(next).await.is(200).json()), ordered[4..6]);
}

/// While others are created and deleted: each pool that lived through it is seen exactly once.
async fn every_page_of_ten_thousand_pools_holds_each_that_lives_once(engine: Engine) {
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

async fn an_expansion_takes_a_fixed_number_of_statements(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    let statements = async |pools: usize| {
        let before = measured(&app, "database_reads_total").await;
        let page = writer
            .get(&format!("{POOLS}?$top={pools}&$expand=assignments,deviceStates"))
            .await
            .is(200)
            .json();
        assert_eq!(ids(&page).len(), pools);
        measured(&app, "database_reads_total").await - before
    };
    for number in 0..100 {
        let pool = new_pool(&writer).await;
        if number % 10 == 0 {
            writer
                .post(&format!("{pool}/assignments"), json!({ "target": group("a") }))
                .await
                .is(201);
            writer.post(&format!("{pool}/deviceStates"), device_state()).await.is(201);
        }
    }
    assert_eq!((statements(1).await, statements(100).await), (3, 3));
}

/// As they were recorded from the Python and the JavaScript client.
async fn recorded_queries_of_both_sdks_are_understood() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    create(&writer, &["none", "Contoso", "JS one"]).await;
    let python = "?$count=true&$expand=assignments,deviceStates%28%24select%3Did%2Cstate%29&$filter=startswith%28displayName%2C%27Contoso%27%29%20and%20activationCodeCount%20gt%200&$orderby=displayName%20desc,createdDateTime&$search=%22Contoso%22&$select=id,displayName,activationCodeCount&$skip=0&$top=1";
    let page = writer.get(&format!("{POOLS}{python}")).await.is(200).json();
    assert_eq!((names(&page), &page["@odata.count"]), (vec!["Contoso".to_owned()], &json!(1)));
    let javascript = "?$filter=startswith(displayName,%27JS%27)%20and%20activationCodeCount%20gt%200&$expand=assignments,deviceStates($select=id,state)";
    assert_eq!(
        names(&writer.get(&format!("{POOLS}{javascript}")).await.is(200).json()),
        ["JS one"]
    );
    for query in [
        "?%24filter=startswith(displayName%2C+'Contoso')",
        "?filter=displayName%20eq%20%27Contoso%27&TOP=5",
        "?$FILTER=displayname%20EQ%20'Contoso'",
        "?$filter=displayName eq 'Contoso'&$format=json",
    ] {
        assert_eq!(
            names(&writer.get(&format!("{POOLS}{query}")).await.is(200).json()),
            ["Contoso"],
            "{query}"
        );
    }
}

async fn what_cannot_be_done_is_refused_with_its_place_and_reason() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    let pool = new_pool(&writer).await;
    for (query, option, place, reason) in [
        (
            "$filter=nonsense eq 1",
            "$filter",
            1,
            "no such property can be asked for; id, displayName",
        ),
        ("$filter=displayName eq 1", "$filter", 16, "a text in single quotes is expected"),
        ("$filter=activationCodeCount eq '1'", "$filter", 24, "a whole number is expected"),
        ("$filter=activationCodeCount eq 1.5", "$filter", 24, "a whole number is expected"),
        ("$filter=createdDateTime gt '2025-01-01T00:00:00Z'", "$filter", 20, "without quotes"),
        ("$filter=createdDateTime gt 2025-01-01", "$filter", 20, "a date and time"),
        ("$filter=activationCodes/any(c: c/x eq 1)", "$filter", 1, "any and all are not supported"),
        ("$filter=displayName", "$filter", 1, "a condition is expected"),
        ("$filter=1 eq 1", "$filter", 3, "two constants"),
        ("$filter=year(createdDateTime) eq 2025", "$filter", 1, "this function is not supported"),
        ("$filter=contains(activationCodeCount,'x')", "$filter", 10, "a text or a text property"),
        ("$filter=displayName eq 'x\u{0}'", "$filter", 16, "U+0000"),
        ("$filter=id gt 'x'", "$filter", 7, "a GUID is expected"),
        ("$filter=", "$filter", 1, "is expected"),
        ("$orderby=nonsense", "$orderby", 1, "no such property"),
        ("$orderby=displayName up", "$orderby", 13, "'asc' or 'desc'"),
        ("$orderby=displayName,displayName", "$orderby", 13, "stands twice"),
        ("$orderby=length(displayName)", "$orderby", 1, "only tolower and toupper"),
        ("$orderby=activationCodes", "$orderby", 1, "no such property"),
        ("$select=nonsense", "$select", 1, "no such property; there are id, displayName"),
        ("$select=id,assignments", "$select", 4, "is shown with $expand"),
        ("$expand=nonsense", "$expand", 1, "only assignments and deviceStates"),
        ("$expand=assignments,assignments", "$expand", 13, "expanded twice"),
        ("$expand=assignments(", "$expand", 13, "ends too early"),
        ("$search=", "$search", 1, "a word or a phrase"),
        ("$search=\"x", "$search", 1, "begins and does not end"),
        ("$search=AND x", "$search", 1, "a word or a phrase"),
    ] {
        let answer = writer.get(&format!("{POOLS}?{query}")).await;
        let message = answer.is_refused(400, "BadRequest");
        assert_eq!(answer.json()["error"]["target"], option, "{query}: {message}");
        assert!(
            message.contains(&format!("position {place}: ")) && message.contains(reason),
            "{query}: {message}"
        );
    }
    for (query, target) in [
        ("$top=-1", "$top"),
        ("$skip=x", "$skip"),
        ("$count=yes", "$count"),
        ("$format=xml", "$format"),
        ("$apply=aggregate(x)", "$apply"),
        ("$expand=assignments($levels=2)", "assignments.$levels"),
        ("$expand=assignments($filter=x eq 1)", "assignments.$filter"),
        ("$expand=deviceStates($expand=x)", "deviceStates.$expand"),
    ] {
        let answer = writer.get(&format!("{POOLS}?{query}")).await;
        let message = answer.is_refused(400, "BadRequest");
        assert_eq!(answer.json()["error"]["target"], target, "{query}: {message}");
    }
    let one = |query: &str| format!("{pool}?{query}");
    for query in ["$filter=id eq 'x'", "$top=1", "$count=true", "$orderby=id"] {
        writer.get(&one(query)).await.is_refused(400, "BadRequest");
        writer.get(&format!("{POOLS}/$count?$top=1")).await.is_refused(400, "BadRequest");
    }
    writer.get(&format!("{pool}/assignments?$expand=x")).await.is_refused(400, "BadRequest");
    let nothing = writer.get(&format!("{pool}/assignments?$search=x")).await;
    assert!(nothing.is_refused(400, "BadRequest").contains("no text here to search"));
}

async fn hostile_filters_are_refused_at_once() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    create(&writer, &["x"]).await;
    let drop_table = "$filter=displayName eq ''; drop table pools; --'";
    writer.get(&format!("{POOLS}?{drop_table}")).await.is_refused(400, "BadRequest");
    let quoted = "$filter=displayName eq '''; drop table pools; --'";
    assert_eq!(writer.get(&format!("{POOLS}?{quoted}")).await.is(200).json()["value"], json!([]));
    let deep = format!("$filter={}id eq 'x'{}", "(".repeat(500), ")".repeat(500));
    assert!(
        writer
            .get(&format!("{POOLS}?{deep}"))
            .await
            .is_refused(400, "BadRequest")
            .contains("nests deeper than 32")
    );
    let nots = format!("$filter={}id eq 'x'", "not ".repeat(500));
    writer.get(&format!("{POOLS}?{nots}")).await.is_refused(400, "BadRequest");
    let long = format!("$filter=displayName eq '{}'", "x".repeat(15_000));
    let refusal = writer.get(&format!("{POOLS}?{long}")).await.is_refused(400, "BadRequest");
    assert_eq!(refusal, "'$filter' is longer than 8192 bytes");
    let many = format!("$filter=displayName in ({})", vec!["'x'"; 2000].join(","));
    assert_eq!(names(&writer.get(&format!("{POOLS}?{many}")).await.is(200).json()), ["x"]);
    let wide = format!("$filter={}", vec!["id eq 'x'"; 600].join(" or "));
    assert_eq!(writer.get(&format!("{POOLS}?{wide}")).await.is(200).json()["value"], json!([]));
    let over = format!("$filter=displayName eq '{}'", "x".repeat(16_400));
    writer.get(&format!("{POOLS}?{over}")).await.is_refused(400, "BadRequest");
    assert_eq!(writer.get(&format!("{POOLS}/$count")).await.is(200).text(), "1");
}

async fn a_cursor_is_good_for_its_own_question_only() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    create(&writer, &["a", "b", "c"]).await;
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

async fn selections_show_what_was_selected() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    let pool = new_pool(&writer).await;
    for (query, shown) in [
        ("$select=id", &["id"][..]),
        ("$select=displayName,ID", &["displayName", "id"]),
        ("$select=activationCodes", &["activationCodes"]),
        (
            "$select=*",
            &[
                "activationCodeCount",
                "activationCodes",
                "createdDateTime",
                "displayName",
                "id",
                "modifiedDateTime",
            ],
        ),
    ] {
        let entity = writer.get(&format!("{pool}?{query}")).await.is(200).json();
        let page = writer.get(&format!("{POOLS}?{query}")).await.is(200).json();
        for entity in [&entity, &page["value"][0]] {
            let names: Vec<_> = entity
                .as_object()
                .expect("an object")
                .keys()
                .filter(|name| !name.starts_with('@'))
                .collect();
            assert_eq!(names, shown, "{query}");
        }
    }
}

async fn counts_and_searches_look_at_what_is_asked() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    create(&writer, &["a", "ab", "abc"]).await;
    for (query, count) in [
        ("", "3"),
        ("?$filter=contains(displayName,'b')", "2"),
        ("?$search=ABC", "1"),
        ("?$filter=displayName eq 'x'", "0"),
    ] {
        let answer = writer.get(&format!("{POOLS}/$count{query}")).await.is(200);
        assert_eq!(
            (answer.text().as_str(), answer.header("content-type")),
            (count, "text/plain"),
            "{query}"
        );
        assert!(!answer.body.starts_with(b"\xef\xbb\xbf"), "no byte-order mark");
    }
    let page = writer.get(&format!("{POOLS}?$count=true&$top=1")).await.is(200).json();
    assert_eq!((&page["@odata.count"], ids(&page).len()), (&json!(3), 1));
    let none = writer.get(&format!("{POOLS}?$count=true&$top=0")).await.is(200).json();
    assert_eq!(
        (&none["@odata.count"], ids(&none).len(), &none["@odata.nextLink"]),
        (&json!(3), 0, &Value::Null)
    );
}

async fn answers_without_metadata_say_nothing_of_themselves() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    create(&writer, &["a", "b"]).await;
    let get = async |accept: &str| {
        let path = format!("{POOLS}?$top=1&$count=true&$expand=assignments");
        Answer::of(writer.request(Method::GET, &path).header("accept", accept)).await
    };
    let bare = get("application/json;odata.metadata=none").await.is(200);
    assert!(bare.header("content-type").contains("odata.metadata=none"));
    let bare = bare.json();
    assert!(
        bare["@odata.context"].is_null()
            && bare["@odata.nextLink"].is_string()
            && bare["@odata.count"] == 2
    );
    assert!(
        bare["value"][0].as_object().expect("an object").keys().all(|name| !name.contains('@')),
        "{bare}"
    );
    assert!(
        get("application/json;odata.metadata=minimal").await.is(200).json()["@odata.context"]
            .is_string()
    );
    get("application/xml").await.is_refused(406, "NotAcceptable");
}
