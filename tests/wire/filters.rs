//! `$filter`, `$orderby`, `$search` and `$count`.

use serde_json::{Value, json};

use crate::support::bodies::new_pool;
use crate::support::lists::{create_pools, ids, names};
use crate::support::{Engine, POOLS, TestApp, cases};

cases! {
    both: [
        filters_select_orders_sort_and_pages_continue,
        a_filter_has_a_cost_limit_that_no_ordinary_one_meets,
    ],
    once: [
        unsupported_syntax_is_refused_with_its_position_and_a_reason,
        hostile_filters_are_refused_immediately,
        counts_and_searches_respect_the_query,
    ],
}

async fn filters_select_orders_sort_and_pages_continue(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    create_pools(&writer, &["beta", "Alpha", "alpha", "Größe", "größe", "日本", "_x", "beta"])
        .await;
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

async fn unsupported_syntax_is_refused_with_its_position_and_a_reason() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    let pool = new_pool(&writer).await;
    for (query, option, place, reason) in [
        (
            "$filter=nonsense eq 1",
            "$filter",
            1,
            "'nonsense' cannot be filtered or ordered by; the properties that can are id, displayName",
        ),
        ("$filter=displayName eq 1", "$filter", 16, "expected a string in single quotes"),
        ("$filter=activationCodeCount eq '1'", "$filter", 24, "expected an integer"),
        ("$filter=activationCodeCount eq 1.5", "$filter", 24, "expected an integer"),
        ("$filter=createdDateTime gt '2025-01-01T00:00:00Z'", "$filter", 20, "without quotes"),
        ("$filter=createdDateTime gt 2025-13-01", "$filter", 20, "a date and time"),
        ("$filter=activationCodes/any(c: c/x eq 1)", "$filter", 1, "any and all are not supported"),
        ("$filter=displayName", "$filter", 1, "expected a condition"),
        ("$filter=1 eq 1", "$filter", 3, "one of two operands must be a property"),
        ("$filter=year(createdDateTime) eq 2025", "$filter", 1, "unsupported function"),
        (
            "$filter=contains(activationCodeCount,'x')",
            "$filter",
            10,
            "expected a string or a string property",
        ),
        ("$filter=displayName eq 'x\u{0}'", "$filter", 16, "U+0000"),
        ("$filter=id gt 'x'", "$filter", 7, "expected a GUID"),
        ("$filter=", "$filter", 1, "expected a property or a value"),
        ("$orderby=nonsense", "$orderby", 1, "cannot be filtered or ordered by"),
        ("$orderby=displayName up", "$orderby", 13, "'asc' or 'desc'"),
        ("$orderby=displayName,displayName", "$orderby", 13, "duplicate property"),
        ("$orderby=length(displayName)", "$orderby", 1, "expected tolower, toupper or a property"),
        ("$orderby=activationCodes", "$orderby", 1, "cannot be filtered or ordered by"),
        ("$select=nonsense", "$select", 1, "unknown property; the properties are id, displayName"),
        ("$select=id,assignments", "$select", 4, "is shown with $expand"),
        ("$expand=nonsense", "$expand", 1, "only assignments and deviceStates"),
        ("$expand=assignments,assignments", "$expand", 13, "duplicate navigation property"),
        ("$expand=assignments(", "$expand", 13, "expected ')'"),
        ("$search=", "$search", 1, "a word or a phrase"),
        ("$search=\"x", "$search", 1, "unterminated string literal"),
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
    assert!(nothing.is_refused(400, "BadRequest").contains("no property can be searched"));
}

async fn hostile_filters_are_refused_immediately() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    create_pools(&writer, &["x"]).await;
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
    writer.get(&format!("{POOLS}?{many}")).await.is_refused(400, "BadRequest");
    let wide = format!("$filter={}", vec!["id eq 'x'"; 600].join(" or "));
    assert_eq!(writer.get(&format!("{POOLS}?{wide}")).await.is(200).json()["value"], json!([]));
    let over = format!("$filter=displayName eq '{}'", "x".repeat(16_400));
    writer.get(&format!("{POOLS}?{over}")).await.is_refused(400, "BadRequest");
    assert_eq!(writer.get(&format!("{POOLS}/$count")).await.is(200).text(), "1");
}

async fn a_filter_has_a_cost_limit_that_no_ordinary_one_meets(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    create_pools(&writer, &["x", "y"]).await;
    let page = writer.get(POOLS).await.is(200).json();
    let mut many: Vec<_> =
        (0..199).map(|n| format!("'{n:08x}-0000-7000-8000-000000000000'")).collect();
    many.push(format!("'{}'", ids(&page)[0]));
    let joined = |condition: &str, count, by: &str| vec![condition; count].join(by);
    let contains = "contains(tolower(displayName),'x')";
    for ordinary in [
        format!("$filter=id in ({})", many.join(",")),
        format!("$filter=displayName in ({})", joined("'x'", 250, ",")),
        format!("$filter={}", joined(contains, 50, " or ")),
        format!(
            "$filter={}",
            joined("length(displayName) eq 1 and displayName eq 'x'", 40, " or ")
        ),
        format!("$search={}", joined("x", 50, " OR ")),
    ] {
        let page = writer.get(&format!("{POOLS}?{ordinary}")).await.is(200).json();
        assert_eq!(names(&page), ["x"], "{ordinary}");
    }
    let functions = joined(contains, 51, " or ");
    for (costly, cost) in [
        (format!("$filter=displayName in ({})", joined("'x'", 251, ",")), 251),
        (format!("$filter={functions}"), 255),
        (format!("$filter=not ({})", joined("length(displayName) gt 1", 51, " or ")), 255),
        (format!("$search={}", joined("x", 51, " OR ")), 255),
    ] {
        let option = costly.split('=').next().expect("an option");
        for path in [format!("{POOLS}?{costly}"), format!("{POOLS}/$count?{costly}")] {
            let reason = writer.get(&path).await.is_refused(400, "BadRequest");
            let expected = format!("'{option}' costs {cost}, and the limit is 250: ");
            assert!(reason.starts_with(&expected), "{reason}");
            assert!(reason.contains("Use fewer"), "{reason}");
        }
    }
    let states = vec!["contains(deviceName,'x')"; 51].join(" or ");
    let expanded = format!("{POOLS}?$expand=deviceStates($filter={states})");
    let reason = writer.get(&expanded).await.is_refused(400, "BadRequest");
    assert!(reason.contains("costs 255"), "{reason}");
}

async fn counts_and_searches_respect_the_query() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    create_pools(&writer, &["a", "ab", "abc"]).await;
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
