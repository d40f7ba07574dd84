//! Invalid input gets a clear answer, and nothing of it is stored.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, EXAMPLE, Engine, POOLS, TestApp, cases, code};

cases! {
    both: [
        every_error_is_named_and_nothing_is_stored,
        text_in_every_script_is_returned_unchanged,
    ],
    once: [
        a_patch_is_validated_like_a_create,
        a_value_is_never_repeated_in_a_refusal,
        a_whole_number_is_accepted_in_every_notation,
        only_json_in_utf8_is_read,
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
        (
            "{\"displayName\":\"a\",\"displayName\":\"b\"}".into(),
            "displayName",
            "occurs twice in one object",
        ),
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
            "integer from -2147483648 to 2147483647",
        ),
        (with("activationCodeCount", json!(-2_147_483_649_i64)), "activationCodeCount", "integer"),
        (with("activationCodeCount", json!(1.5)), "activationCodeCount", "integer"),
        (with("activationCodeCount", json!("3")), "activationCodeCount", "integer"),
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

async fn every_error_is_named_and_nothing_is_stored(engine: Engine) {
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

async fn text_in_every_script_is_returned_unchanged(engine: Engine) {
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

async fn a_patch_is_validated_like_a_create() {
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

async fn a_whole_number_is_accepted_in_every_notation() {
    let app = TestApp::start(Engine::Sqlite).await;
    for number in ["3", "3.0", "3e0", "-2147483648.0", "2147483647.0", "-0.0", "null"] {
        let body = format!(r#"{{"displayName":"x","activationCodeCount":{number}}}"#);
        app.writer().post(POOLS, body).await.is(201);
    }
    for number in ["0.1", "2147483648.0", "-2147483649.0", "1e300", "true", "\"3.0\""] {
        let body = format!(r#"{{"displayName":"x","activationCodeCount":{number}}}"#);
        let message = app.writer().post(POOLS, body).await.is_refused(400, "BadRequest");
        assert!(message.contains("must be an integer"), "{number}: {message}");
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
