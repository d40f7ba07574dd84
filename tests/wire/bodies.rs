//! Bad input gets a clear answer, and nothing of it is stored.

use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{Answer, EXAMPLE, Engine, POOLS, TestApp, bodies_left, cases, code, codes};

cases! {
    both: [
        what_is_wrong_is_named_and_nothing_is_stored,
        texts_of_every_script_come_back_as_they_were,
    ],
    once: [
        a_patch_is_looked_at_as_closely_as_a_create,
        a_value_is_never_repeated_in_a_refusal,
        a_number_is_whole_however_it_is_written,
        only_json_in_utf8_is_read,
        a_body_over_the_cap_is_refused_before_and_while_it_is_read,
        a_body_that_breaks_off_is_no_body,
        a_hundred_thousand_codes_are_stored_and_one_more_is_refused,
        graph_validation_keeps_to_the_documented_patterns,
        strict_validation_wants_real_and_unique_codes,
        codes_that_are_appended_are_looked_at_as_closely,
        large_bodies_keep_nobody_waiting,
        bodies_share_a_budget,
    ],
}

/// Bodies of a create, and what the refusal must say.
#[expect(clippy::too_many_lines, reason = "a table")]
fn bad_bodies() -> Vec<(String, &'static str, &'static str)> {
    let with = |property: &str, value: Value| {
        let mut pool: Value = serde_json::from_str(EXAMPLE).expect("JSON");
        pool[property] = value;
        pool.to_string()
    };
    let with_code = |property: &str, value: Value| {
        let mut code = code(1);
        code[property] = value;
        json!({ "displayName": "x", "activationCodes": [code] }).to_string()
    };
    let unreadable = "Unable to read JSON request payload";
    vec![
        (String::new(), "", unreadable),
        ("{".into(), "", unreadable),
        ("not JSON".into(), "", unreadable),
        ("{\"displayName\":\"x\"} trailing".into(), "", unreadable),
        ("{\"displayName\":\"\\ud800\"}".into(), "", unreadable),
        ("{\"displayName\":\"tab\tinside\"}".into(), "", unreadable),
        ("{'displayName':'x'}".into(), "", unreadable),
        ("{\"displayName\":\"x\",\"activationCodeCount\":1e999}".into(), "", "number out of range"),
        ("[]".into(), "", "must be an object (embeddedSIMActivationCodePool)"),
        ("null".into(), "", "must be an object"),
        ("\"x\"".into(), "", "must be an object"),
        ("{}".into(), "displayName", "is required"),
        ("{\"displayName\":\"a\",\"displayName\":\"b\"}".into(), "displayName", "stands twice"),
        (with("displayName", Value::Null), "displayName", "must be a string"),
        (with("displayName", json!(7)), "displayName", "must be a string"),
        (with("displayName", json!("")), "displayName", "must not be empty"),
        (with("displayName", json!("   ")), "displayName", "must not be empty"),
        (with("displayName", json!("a\u{0}b")), "displayName", "U+0000"),
        (with("displayName", json!("x".repeat(256))), "displayName", "at most 255 characters"),
        (
            with("display_name", Value::Null),
            "display_name",
            "is not a property of embeddedSIMActivationCodePool",
        ),
        (with("activation@codes", json!([])), "activation@codes", "is not a property"),
        (with("nonsense@odata.type", json!("x")), "nonsense@odata.type", "is not a property"),
        (with("DisplayName", json!("x")), "DisplayName", "is not a property"),
        (with("activationCodes", Value::Null), "activationCodes", "must be a list"),
        (with("activationCodes", json!({})), "activationCodes", "must be a list"),
        (with("activationCodes", json!("x")), "activationCodes", "must be a list"),
        (
            with("activationCodes", json!([7])),
            "activationCodes[0]",
            "must be an object (embeddedSIMActivationCode)",
        ),
        (
            with("activationCodes", json!([{}])),
            "activationCodes[0].integratedCircuitCardIdentifier",
            "is required",
        ),
        (
            with("activationCodeCount", json!(2_147_483_648_u64)),
            "activationCodeCount",
            "whole number from -2147483648 to 2147483647",
        ),
        (
            with("activationCodeCount", json!(-2_147_483_649_i64)),
            "activationCodeCount",
            "whole number",
        ),
        (with("activationCodeCount", json!(1.5)), "activationCodeCount", "whole number"),
        (with("activationCodeCount", json!("3")), "activationCodeCount", "whole number"),
        (with("id", json!(7)), "id", "must be a string"),
        (with("createdDateTime", json!("yesterday")), "createdDateTime", "must be a date and time"),
        (with("modifiedDateTime", json!(0)), "modifiedDateTime", "must be a date and time"),
        (
            with_code("matchingIdentifier", Value::Null),
            "activationCodes[0].matchingIdentifier",
            "must be a string",
        ),
        (
            with_code("matchingIdentifier", json!(12345)),
            "activationCodes[0].matchingIdentifier",
            "must be a string",
        ),
        (
            with_code("matchingIdentifier", json!("a\u{0}")),
            "activationCodes[0].matchingIdentifier",
            "U+0000",
        ),
        (
            with_code("integratedCircuitCardIdentifier", json!("9".repeat(10_000))),
            "activationCodes[0].integratedCircuitCardIdentifier",
            "at most 255 characters",
        ),
        (
            with_code("iccid", json!("x")),
            "activationCodes[0].iccid",
            "is not a property of embeddedSIMActivationCode",
        ),
        (
            format!(
                "{{\"displayName\":\"x\",\"assignments\":{}1{}}}",
                "[".repeat(50_000),
                "]".repeat(50_000)
            ),
            "",
            "nests deeper than 32 levels",
        ),
        ("[".repeat(1_000_000), "", "nests deeper than 32 levels"),
    ]
}

async fn what_is_wrong_is_named_and_nothing_is_stored(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    for (body, target, what) in bad_bodies() {
        let shown: String = body.chars().take(80).collect();
        let answer = writer.post(POOLS, body.as_str()).await;
        let message = answer.is_refused(400, "BadRequest");
        assert!(message.contains(what), "{shown}: {message}");
        assert_eq!(
            answer.json()["error"]["target"].as_str().unwrap_or(""),
            target,
            "{shown}: {message}"
        );
    }
    assert_eq!(app.database.number("select count(*) from pools").await, 0);
    assert_eq!(app.database.number("select count(*) from activation_codes").await, 0);
    // What clients do send is taken: annotations, read-only properties, nulls in their place.
    let body = json!({
        "@odata.type": "#microsoft.graph.embeddedSIMActivationCodePool", "@odata.context": "x",
        "assignments@odata.context": "x", "assignments": null, "deviceStates": [{ "x": [] }],
        "id": null, "createdDateTime": null, "modifiedDateTime": "2017-01-01T00:00:22.8983556-08:00",
        "activationCodeCount": -7, "displayName": "x",
        "activationCodes": [{ "@odata.type": "microsoft.graph.embeddedSIMActivationCode",
            "integratedCircuitCardIdentifier": "", "matchingIdentifier": "", "smdpPlusServerAddress": "" }],
    });
    assert_eq!(writer.post(POOLS, body).await.is(201).json()["activationCodeCount"], 1);
}

async fn texts_of_every_script_come_back_as_they_were(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    for name in [
        "Größe",
        "日本語のプール",
        "حوض",
        "עברית",
        "🧪 eSIM 🛰",
        "Ā\u{304}",
        "'; drop table pools; --",
        "\\u0041\"\u{7f}\u{1}",
        &"ß".repeat(255),
    ] {
        let created = writer.post(POOLS, json!({ "displayName": name })).await.is(201);
        assert_eq!(created.json()["displayName"], name);
        let read = writer.get(created.header("location")).await.is(200).json();
        assert_eq!(read["displayName"], name);
    }
}

async fn a_patch_is_looked_at_as_closely_as_a_create() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    let created = writer.post(POOLS, EXAMPLE).await.is(201);
    let path = created.header("location");
    let before = writer.get(path).await.is(200).json();
    for (body, target, what) in bad_bodies() {
        if body == "{}" {
            continue;
        }
        let answer = writer.patch(path, body.as_str()).await;
        assert!(answer.is_refused(400, "BadRequest").contains(what), "{target}");
        assert_eq!(answer.json()["error"]["target"].as_str().unwrap_or(""), target);
    }
    assert_eq!(writer.get(path).await.is(200).json(), before);
}

async fn a_value_is_never_repeated_in_a_refusal() {
    let app = TestApp::start(Engine::Sqlite).await;
    let secret = "CANARY, expected CANARY";
    for body in [
        json!({ "displayName": "x", "activationCodeCount": secret }),
        json!({ "displayName": "x", "activationCodes": secret }),
        json!({ "displayName": "x", "activationCodes": [secret] }),
        json!({ "displayName": "x", "createdDateTime": secret }),
        json!({ "displayName": "x", "activationCodes": [{ "matchingIdentifier": [secret] }] }),
        json!({ "displayName": "x", "activationCodes": [{ "matchingIdentifier": { secret: 1 } }] }),
        json!(secret),
    ] {
        let answer = app.writer().post(POOLS, body).await;
        answer.is_refused(400, "BadRequest");
        assert!(!answer.text().contains("CANARY"), "{}", answer.text());
    }
}

async fn a_number_is_whole_however_it_is_written() {
    let app = TestApp::start(Engine::Sqlite).await;
    for number in ["3", "3.0", "3e0", "-2147483648.0", "2147483647.0", "-0.0", "null"] {
        let body = format!(r#"{{"displayName":"x","activationCodeCount":{number}}}"#);
        app.writer().post(POOLS, body).await.is(201);
    }
    for number in ["0.1", "2147483648.0", "-2147483649.0", "1e300", "true", "\"3.0\""] {
        let body = format!(r#"{{"displayName":"x","activationCodeCount":{number}}}"#);
        let message = app.writer().post(POOLS, body).await.is_refused(400, "BadRequest");
        assert!(message.contains("must be a whole number"), "{number}: {message}");
    }
}

async fn only_json_in_utf8_is_read() {
    let app = TestApp::start(Engine::Sqlite).await;
    let send = async |kind: Option<&str>, encoding: Option<&str>| {
        let mut request = app.writer().request(Method::POST, POOLS).body(EXAMPLE);
        if let Some(kind) = kind {
            request = request.header("content-type", kind);
        }
        if let Some(encoding) = encoding {
            request = request.header("content-encoding", encoding);
        }
        Answer::of(request).await
    };
    for kind in [
        "application/json",
        "Application/JSON; charset=utf-8",
        "application/json;charset=\"UTF-8\"",
        "application/json;odata.metadata=minimal",
    ] {
        send(Some(kind), None).await.is(201);
    }
    send(Some("application/json"), Some("identity")).await.is(201);
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonp",
        "application/json; charset=utf-16",
        "",
        "json",
    ] {
        send(Some(kind), None).await.is_refused(415, "UnsupportedMediaType");
    }
    send(None, None).await.is_refused(415, "UnsupportedMediaType");
    send(Some("application/json"), Some("br")).await.is_refused(415, "UnsupportedMediaType");
}

async fn a_body_over_the_cap_is_refused_before_and_while_it_is_read() {
    let app = TestApp::with(Engine::Sqlite).set("limits.body_bytes", 10_000).start().await;
    let token = app.writer_token();
    // Announced: refused before a byte of it is read.
    let head = format!(
        "POST {POOLS} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
    );
    let answer =
        crate::support::raw(app.addr, format!("{head}Content-Length: 10001\r\n\r\n").as_bytes())
            .await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    // Not announced: refused when it grows over the cap, although it never ends.
    let chunk = format!("1000\r\n{}\r\n", " ".repeat(0x1000));
    let answer = crate::support::raw(
        app.addr,
        format!("{head}Transfer-Encoding: chunked\r\n\r\n{}", chunk.repeat(3)).as_bytes(),
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    let answer = app.writer().post(POOLS, " ".repeat(10_001).into_bytes()).await;
    answer.is_refused(413, "RequestEntityTooLarge");
    app.writer().post(POOLS, " ".repeat(9_000) + EXAMPLE).await.is(201);
}

async fn a_body_that_breaks_off_is_no_body() {
    let app = TestApp::start(Engine::Sqlite).await;
    let head = format!(
        "POST {POOLS} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        app.writer_token(),
        EXAMPLE.len() + 1
    );
    let mut stream = tokio::net::TcpStream::connect(app.addr).await.expect("a connection");
    stream.write_all((head + EXAMPLE).as_bytes()).await.expect("it takes the request");
    stream.shutdown().await.expect("it ends");
    let mut answer = String::new();
    drop(stream.read_to_string(&mut answer).await);
    assert!(!answer.contains("201"), "{answer}");
    assert_eq!(app.database.number("select count(*) from pools").await, 0);
}

async fn a_hundred_thousand_codes_are_stored_and_one_more_is_refused() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    let created = writer
        .post(POOLS, json!({ "displayName": "big", "activationCodes": codes(100_000) }))
        .await
        .is(201);
    let pool = created.json();
    assert_eq!(pool["activationCodeCount"], 100_000);
    assert_eq!(pool["activationCodes"][99_999]["matchingIdentifier"], "MATCH-099999");
    assert_eq!(app.database.number("select count(*) from activation_codes").await, 100_000);
    let more = writer
        .post(POOLS, json!({ "displayName": "more", "activationCodes": codes(100_001) }))
        .await;
    assert!(
        more.is_refused(400, "BadRequest")
            .contains("holds 100001 codes; one request takes at most 100000")
    );
    writer.delete(created.header("location")).await.is(204);
    assert_eq!(app.database.number("select count(*) from activation_codes").await, 0);
}

async fn graph_validation_keeps_to_the_documented_patterns() {
    let app = TestApp::with(Engine::Sqlite).set("codes.validation", "graph").start().await;
    let writer = app.writer();
    let answer = writer.post(POOLS, EXAMPLE).await;
    assert!(answer.is_refused(400, "BadRequest").contains("19 or 20 digits"));
    let mut list = codes(3);
    list[2]["smdpPlusServerAddress"] = "https://smdp.example.com".into();
    let answer = writer.post(POOLS, json!({ "displayName": "x", "activationCodes": list })).await;
    answer.is_refused(400, "BadRequest");
    assert_eq!(answer.json()["error"]["target"], "activationCodes[2].smdpPlusServerAddress");
    // A count that is not the list's, and a code twice, are no matter here.
    writer
        .post(
            POOLS,
            json!({ "displayName": "x", "activationCodes": codes(2), "activationCodeCount": 9 }),
        )
        .await
        .is(201);
    writer.post(POOLS, json!({ "displayName": "x", "activationCodes": codes(2) })).await.is(201);
}

async fn codes_that_are_appended_are_looked_at_as_closely() {
    const ICCID: &str = "integratedCircuitCardIdentifier";
    const HOST: &str = "smdpPlusServerAddress";
    const MATCHING_ID: &str = "matchingIdentifier";
    for mode in ["lenient", "graph", "strict"] {
        let app = TestApp::with(Engine::Sqlite).set("codes.validation", mode).start().await;
        let writer = app.writer();
        let created = writer.post(POOLS, json!({ "displayName": "x" })).await.is(201);
        let mut count = 0;
        // Each with what is wrong in it, and the modes that take it all the same.
        for (number, (property, text, taken)) in [
            (ICCID, "12", &["lenient"][..]),
            (ICCID, "8944000000000000000", &["lenient", "graph"]),
            (ICCID, "4944500102198304826", &["lenient", "graph"]),
            (HOST, "https://smdp.example.com", &["lenient"]),
            (HOST, "smdp", &["lenient"]),
            (MATCHING_ID, "A_B", &["lenient"]),
            (MATCHING_ID, "A$B", &["lenient"]),
            (ICCID, "8944500102198304826", &["lenient", "graph", "strict"]),
        ]
        .into_iter()
        .enumerate()
        {
            let mut odd = code(100 + number);
            odd[property] = text.into();
            let body = json!({ "activationCodes": [code(number), odd] });
            let answer = writer.patch(created.header("location"), body).await;
            if taken.contains(&mode) {
                count += 2;
                let pool = answer.is(200).json();
                assert_eq!(pool["activationCodeCount"], count, "{mode}: {text}");
            } else {
                answer.is_refused(400, "BadRequest");
                let target = answer.json()["error"]["target"].clone();
                assert_eq!(target, format!("activationCodes[1].{property}"), "{mode}: {text}");
            }
        }
        let stored = app.database.number("select count(*) from activation_codes").await;
        assert_eq!(stored, count, "{mode}: all or nothing");
    }
}

async fn strict_validation_wants_real_and_unique_codes() {
    let app = TestApp::with(Engine::Sqlite).set("codes.validation", "strict").start().await;
    let writer = app.writer();
    let pool = |codes: Vec<Value>| json!({ "displayName": "x", "activationCodes": codes });
    let created = writer.post(POOLS, pool(codes(3))).await.is(201);

    let counted =
        json!({ "displayName": "x", "activationCodes": codes(3), "activationCodeCount": 4 });
    assert!(
        writer
            .post(POOLS, counted)
            .await
            .is_refused(400, "BadRequest")
            .contains("is 4, but the list holds 3")
    );
    let twice = writer.post(POOLS, pool(vec![code(7), code(8), code(7)])).await;
    twice.is_refused(400, "BadRequest");
    assert_eq!(
        twice.json()["error"]["target"],
        "activationCodes[2].integratedCircuitCardIdentifier"
    );
    let mut mistyped = code(9);
    mistyped["integratedCircuitCardIdentifier"] = "8944000000000000000".into();
    writer.post(POOLS, pool(vec![mistyped])).await.is_refused(400, "BadRequest");

    // The tenant's only one: in another pool, in an append, but not in another tenant.
    writer.post(POOLS, pool(vec![code(10), code(2)])).await.is_refused(409, "Conflict");
    let other = writer.post(POOLS, pool(vec![code(11)])).await.is(201);
    let append = json!({ "activationCodes": [code(12), code(0)] });
    writer.patch(other.header("location"), append).await.is_refused(409, "Conflict");
    assert_eq!(
        writer.get(other.header("location")).await.is(200).json()["activationCodeCount"],
        1,
        "all or nothing"
    );
    let elsewhere =
        app.tenant("fabrikam").caller(esimpool::auth::Permission::ConfigurationReadWriteAll);
    elsewhere.post(POOLS, pool(codes(3))).await.is(201);
    // Python's whole object goes back and forth.
    let object = writer.get(created.header("location")).await.is(200).json();
    writer.patch(created.header("location"), object).await.is(200);
    assert_eq!(app.database.number("select count(*) from activation_codes").await, 7);
}

async fn large_bodies_keep_nobody_waiting() {
    // On a busy machine the writers wait long for each other.
    let app = TestApp::with(Engine::Sqlite).set("database.acquire_timeout", 120).start().await;
    let body = json!({ "displayName": "big", "activationCodes": codes(40_000) }).to_string();
    let uploads: Vec<_> = (0..4)
        .map(|_| {
            let (writer, body) = (app.writer(), body.clone());
            tokio::spawn(async move { writer.post(POOLS, body.as_str()).await.is(201) })
        })
        .collect();
    // Two workers, four bodies: one that parsed or sealed such a body itself would answer nobody
    // else until it is done.
    let mut asked = 0;
    while !uploads.iter().any(tokio::task::JoinHandle::is_finished) {
        app.anonymous().get("/livez").await.is(200);
        asked += 1;
    }
    for upload in uploads {
        upload.await.expect("an answer");
    }
    assert!(asked > 10, "only {asked} were answered meanwhile");
}

async fn bodies_share_a_budget() {
    let app = TestApp::with(Engine::Sqlite)
        .set("limits.body_bytes", 100_000)
        .set("limits.bodies_in_flight_bytes", 100_000)
        .start()
        .await;
    let head = format!(
        "POST {POOLS} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: 90000\r\n\r\n",
        app.writer_token(),
    );
    // Somebody sends most of a body and pauses.
    let mut hog = tokio::net::TcpStream::connect(app.addr).await.expect("a connection");
    hog.write_all((head + &" ".repeat(80_000)).as_bytes()).await.expect("it takes the request");
    while bodies_left(&app).await > 30_000 {
        tokio::task::yield_now().await;
    }
    let large = " ".repeat(50_000) + EXAMPLE;
    let answer = app.writer().post(POOLS, large.as_str()).await;
    answer.is_refused(503, "ServiceUnavailable");
    assert!(answer.header("retry-after").parse::<u32>().is_ok());
    app.writer().post(POOLS, EXAMPLE).await.is(201);
    drop(hog);
    app.writer().post(POOLS, large.as_str()).await.is(201);
}
