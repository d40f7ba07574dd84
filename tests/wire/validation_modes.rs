//! What each mode of validation accepts.

use serde_json::{Value, json};

use crate::support::{EXAMPLE, Engine, POOLS, TestApp, cases, code, codes};

cases! {
    once: [
        graph_validation_follows_the_documented_patterns,
        strict_validation_requires_real_and_unique_codes,
        appended_codes_are_validated_like_new_ones,
        a_whole_activation_code_is_refused_in_every_other_field_and_mode,
    ],
}

async fn graph_validation_follows_the_documented_patterns() {
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

async fn a_whole_activation_code_is_refused_in_every_other_field_and_mode() {
    use crate::support::bodies::{device_state, group};
    use crate::support::import::{IMPORT, send_csv};
    use crate::support::operator::Operator;

    let device_state = || {
        let mut body = device_state();
        // Strict validation wants a real EID.
        body["universalIntegratedCircuitCardIdentifier"] =
            "89049032123451234512345678901235".into();
        body
    };
    for mode in ["lenient", "graph", "strict"] {
        let app = TestApp::with(Engine::Sqlite).set("codes.validation", mode).start().await;
        let operator = Operator::of(&app);
        let writer = &operator.writer;
        let pool = operator.pool(codes(2)).await;
        let states = format!("{pool}/deviceStates");
        let state =
            writer.post(&states, device_state()).await.is(201).header("location").to_owned();
        for text in [
            "LPA:1$smdp.example.com$HUSH",
            "for Anna: lpa:1$smdp.example.com$HUSH$$1",
            "1$smdp.example.com$HUSH",
        ] {
            let refused =
                async |actor: &crate::support::Actor, patch: bool, path: &str, body: Value| {
                    let answer = if patch {
                        actor.patch(path, body).await
                    } else {
                        actor.post(path, body).await
                    };
                    let message = answer.is_refused(400, "BadRequest");
                    assert!(message.contains("whole activation code"), "{mode} {path}: {message}");
                    assert!(!answer.text().contains("HUSH"), "{mode} {path}");
                };
            refused(writer, false, POOLS, json!({ "displayName": text })).await;
            refused(writer, true, &pool, json!({ "displayName": text })).await;
            for property in
                ["integratedCircuitCardIdentifier", "matchingIdentifier", "smdpPlusServerAddress"]
            {
                let mut odd = code(7);
                odd[property] = text.into();
                let body = json!({ "displayName": "x", "activationCodes": [odd] });
                refused(writer, false, POOLS, body).await;
            }
            for property in ["deviceName", "userName", "stateDetails"] {
                let mut body = device_state();
                body[property] = text.into();
                refused(writer, false, &states, body).await;
                refused(writer, true, &state, json!({ property: text })).await;
            }
            let target = json!({ "target": group(text) });
            refused(writer, false, &format!("{pool}/assignments"), target).await;
            let claim = json!({ "deviceName": text });
            refused(&operator.claimer, false, &format!("{pool}/esimpool.claim"), claim).await;
            let path = format!("{IMPORT}?mode={mode}&displayName={}", text.replace(' ', "%20"));
            let file = crate::support::import::carrier_file(10..11);
            let named = send_csv(writer, &path, file).await;
            assert!(named.is_refused(400, "BadRequest").contains("whole activation code"));
            let file = format!("smdp.example.com\n{},{text}\n", crate::support::iccid(12));
            let answer = send_csv(writer, &format!("{IMPORT}?mode={mode}"), file).await;
            // Known from the second text on, which holds the same code.
            let accepted = [200, 201, 400].contains(&answer.status.as_u16());
            assert!(accepted, "{}", answer.text());
            assert!(!answer.text().contains("HUSH"), "{mode}");
        }
        let bytes = app.database.bytes().await;
        assert!(!bytes.windows(4).any(|window| window == b"HUSH"), "{mode}");
    }
}

async fn appended_codes_are_validated_like_new_ones() {
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

async fn strict_validation_requires_real_and_unique_codes() {
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
