//! Who a device is, and how its code follows its state.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::json;
use sqlx::{Connection, Executor, PgConnection};

use crate::support::bodies::{device_state, eid};
use crate::support::operator::{Operator, claimed_iccid, device_state_path, stock_counts};
use crate::support::{AUDIT_EVENTS, Engine, TestApp, cases, code, codes, iccid};

cases! {
    both: [
        a_code_follows_the_state_of_its_device_and_is_never_free_again,
        a_device_is_identified_by_its_eid_or_else_by_its_name,
        a_device_that_is_known_by_name_is_the_same_when_it_tells_its_eid,
        an_eid_with_another_name_is_refused_unless_it_was_renamed,
        many_claims_of_one_device_at_once_give_it_one_code,
    ],
    once: [every_mode_refuses_what_is_not_an_eid],
    postgres: [a_claim_during_the_deletion_of_its_device_state_gets_another_code],
}

async fn a_code_follows_the_state_of_its_device_and_is_never_free_again(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let pool = operator.pool(codes(2)).await;
    let claimed = operator.claim(&pool, "phone").await.is(201).json();
    let state = claimed["deviceState"]["id"].as_str().expect("an id").to_owned();
    let path = format!("{pool}/deviceStates/{state}");
    let shown = async |filter: &str| {
        let list = format!("{pool}/esimpool.codes?$filter={filter}");
        let page = operator.writer.get(&list).await.is(200).json();
        page["value"].as_array().expect("a list").clone()
    };
    for name in
        ["installed", "deleting", "failed", "error", "removedByUser", "deleted", "installed"]
    {
        operator.writer.patch(&path, json!({ "state": name })).await.is(200);
        let found = shown(&format!("state eq '{name}'")).await;
        assert_eq!(found.len(), 1, "{name}");
        assert_eq!(
            (&found[0]["integratedCircuitCardIdentifier"], &found[0]["deviceStateId"]),
            (&json!(iccid(0)), &json!(state))
        );
        assert_eq!(found[0]["matchingIdentifier"], "********");
    }
    // A device that is not evaluated any more does not give its code back.
    operator.writer.patch(&path, json!({ "state": "notEvaluated" })).await.is(200);
    assert_eq!(stock_counts(&operator.stock(&pool).await), [2, 1, 1, 0, 0]);
    operator.writer.delete(&path).await.is(204);
    assert_eq!(stock_counts(&operator.stock(&pool).await), [2, 1, 1, 0, 0]);
    assert_eq!(shown("state eq 'deleted'").await.len(), 1);
    // Its claim is over: it gets another code.
    let next = operator.claim(&pool, "phone").await.is(201).json();
    assert_eq!(claimed_iccid(&next), iccid(1));
    // A failed installation ends its claim; a later report that it is installed after all changes
    // the device state, but no code.
    let other = operator.pool(vec![code(10), code(11)]).await;
    let first = operator.claim(&other, "tablet").await.is(201).json();
    let first =
        format!("{other}/deviceStates/{}", first["deviceState"]["id"].as_str().expect("an id"));
    operator.writer.patch(&first, json!({ "state": "failed" })).await.is(200);
    operator.claim(&other, "tablet").await.is(201);
    operator.writer.patch(&first, json!({ "state": "installed" })).await.is(200);
    assert_eq!(stock_counts(&operator.stock(&other).await), [2, 0, 1, 1, 0]);
    // Nor does a device get a code back that it has removed, once it has another.
    let third = operator.pool(vec![code(20), code(21)]).await;
    let first = operator.claim(&third, "watch").await.is(201).json();
    let first =
        format!("{third}/deviceStates/{}", first["deviceState"]["id"].as_str().expect("an id"));
    for state in ["installed", "removedByUser"] {
        operator.writer.patch(&first, json!({ "state": state })).await.is(200);
    }
    operator.claim(&third, "watch").await.is(201);
    operator
        .writer
        .patch(&first, json!({ "state": "installed" }))
        .await
        .is_refused(409, "DeviceHasActivationCode");
}

async fn every_mode_refuses_what_is_not_an_eid() {
    for mode in ["lenient", "graph", "strict"] {
        let app = TestApp::with(Engine::Sqlite).set("codes.validation", mode).start().await;
        let operator = Operator::of(&app);
        let pool = operator.pool(codes(1)).await;
        let states = format!("{pool}/deviceStates");
        let claim = async |eid: &str| {
            let body =
                json!({ "deviceName": "phone", "universalIntegratedCircuitCardIdentifier": eid });
            operator.claimer.post(&format!("{pool}/esimpool.claim"), body).await
        };
        let state = |eid: &str| json!({ "state": "installed", "universalIntegratedCircuitCardIdentifier": eid });
        let stored = operator.writer.post(&states, state(&eid(1))).await.is(201);
        for (wrong, reason) in [
            ("89049032123451234512345678901234", "its check digits are wrong"),
            ("8.9049E+31", "a number that a spreadsheet has rounded"),
            ("N/A", "it must be 32 digits; leave it out if it is not known"),
            ("e1", "it must be 32 digits"),
        ] {
            for answer in [
                claim(wrong).await,
                operator.writer.post(&states, state(wrong)).await,
                operator.writer.patch(stored.header("location"), state(wrong)).await,
            ] {
                let message = answer.is_refused(400, "BadRequest");
                assert!(
                    message.contains("'universalIntegratedCircuitCardIdentifier' is not an EID")
                );
                assert!(message.contains(reason), "{mode} {wrong}: {message}");
            }
        }
        let claimed = claim(" 8904-9032 12345123 45123456 78901235").await.is(201).json();
        let shown = &claimed["deviceState"]["universalIntegratedCircuitCardIdentifier"];
        assert_eq!(shown, "89049032123451234512345678901235", "the one form of it");
        // The reference's example is taken where its other values are.
        let example = operator.writer.post(&states, device_state()).await;
        assert_eq!(example.status == 201, mode == "lenient", "{mode}");
    }
}

const EID: &str = "universalIntegratedCircuitCardIdentifier";

async fn a_device_is_identified_by_its_eid_or_else_by_its_name(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let pool = operator.pool(codes(5)).await;
    let (one, spaced) = (eid(1), eid(1).replace("8904", "8904 "));
    let claim = async |eid: Option<&str>, name: Option<&str>| {
        let body = json!({ EID: eid, "deviceName": name });
        let answer = operator.claimer.post(&format!("{pool}/esimpool.claim"), body).await;
        (answer.status.as_u16(), claimed_iccid(&answer.json()).to_owned())
    };
    assert_eq!(claim(Some(&one), Some("phone")).await, (201, iccid(0)));
    assert_eq!(claim(Some(&one), Some("PHONE")).await, (200, iccid(0)));
    assert_eq!(claim(Some(&one), None).await, (200, iccid(0)));
    // Spaces and hyphens are not part of an EID, nor are spaces around a name, nor its case.
    for eid in [&spaced, &one.replace("9032", "-9032-"), &format!(" {one} ")] {
        assert_eq!(claim(Some(eid), None).await, (200, iccid(0)), "{eid}");
    }
    for name in ["phone", "Phone ", " Phone", "\tpHone"] {
        assert_eq!(claim(None, Some(name)).await, (200, iccid(0)), "{name}");
    }
    // The case from public reports.
    assert_eq!(claim(None, Some("LT-0005")).await, (201, iccid(1)));
    assert_eq!(claim(None, Some("lt-0005")).await, (200, iccid(1)));
    assert_eq!(claim(None, Some("ÄRGER")).await, (201, iccid(2)));
    assert_eq!(claim(None, Some("ärger")).await, (200, iccid(2)));
    // A name that looks like an EID is none.
    assert_eq!(claim(None, Some(&one)).await, (201, iccid(3)));
    // What is shown is what was sent first.
    assert_eq!(claim(None, Some(" Laptop 7 ")).await, (201, iccid(4)));
    assert_eq!(claim(None, Some("laptop 7")).await, (200, iccid(4)));
    let named = format!("{pool}/deviceStates?$filter=deviceName eq ' Laptop 7 '&$count=true");
    assert_eq!(operator.writer.get(&named).await.is(200).json()["@odata.count"], 1);
}

async fn a_device_that_is_known_by_name_is_the_same_when_it_tells_its_eid(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let pool = operator.pool(codes(4)).await;
    let first = operator.claim(&pool, "SURFACE-001").await.is(201);
    let state = device_state_path(&pool, &first);
    let told = operator.claim_as(&pool, ["surface-001", &eid(1), ""]).await.is(200).json();
    assert_eq!(claimed_iccid(&told), iccid(0));
    let shown = operator.writer.get(&state).await.is(200);
    assert_eq!(shown.json(), {
        let mut expected = told["deviceState"].clone();
        expected["@odata.context"] = shown.json()["@odata.context"].clone();
        expected["@odata.etag"] = shown.json()["@odata.etag"].clone();
        expected
    });
    assert_eq!(
        (&told["deviceState"]["deviceName"], &told["deviceState"][EID]),
        (&json!("SURFACE-001"), &json!(eid(1)))
    );
    let log = format!("{AUDIT_EVENTS}?$filter=activityType eq 'claimAgain'");
    let log = operator.writer.get(&log).await.is(200).json();
    let changes = &log["value"][0]["resources"][2]["modifiedProperties"];
    assert_eq!(changes[0]["newValue"], json!(eid(1)), "{changes}");
    assert_eq!(changes.as_array().map(Vec::len), Some(1), "{changes}");
    // From now on both are it, together and alone.
    for device in [["SURFACE-001", "", ""], ["", &eid(1), ""], ["Surface-001", &eid(1), ""]] {
        let again = operator.claim_as(&pool, device).await.is(200).json();
        assert_eq!(claimed_iccid(&again), iccid(0), "{device:?}");
    }
    // Another EID is another device, whatever its name.
    let other = operator.claim_as(&pool, ["SURFACE-001", &eid(2), ""]).await.is(201).json();
    assert_eq!(claimed_iccid(&other), iccid(1));
    let message = operator.claim(&pool, "surface-001").await.is_refused(409, "DeviceNameAmbiguous");
    assert!(message.contains("Give the EID"), "{message}");
    // A device that reports its EID or its name is known by it.
    let third = operator.claim(&pool, "third").await.is(201);
    let state = device_state_path(&pool, &third);
    let report = json!({ "state": "installed", "deviceName": "Third!", EID: eid(3) });
    operator.writer.patch(&state, report).await.is(200);
    for device in [["third!", "", ""], ["", &eid(3), ""], ["THIRD!", &eid(3), ""]] {
        let again = operator.claim_as(&pool, device).await.is(200).json();
        assert_eq!(claimed_iccid(&again), iccid(2), "{device:?}");
    }
    let next = operator.claim(&pool, "third").await.is(201).json();
    assert_eq!(claimed_iccid(&next), iccid(3));
}

async fn an_eid_with_another_name_is_refused_unless_it_was_renamed(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let pool = operator.pool(codes(3)).await;
    let claim = async |name: &str, rename: Option<bool>| {
        let body = json!({ EID: eid(1), "deviceName": name, "rename": rename });
        operator.claimer.post(&format!("{pool}/esimpool.claim"), body).await
    };
    claim("LT-1", None).await.is(201);
    for rename in [None, Some(false)] {
        let message = claim("LT-2", rename).await.is_refused(409, "DeviceHasAnotherName");
        assert!(message.contains("'LT-1'") && message.contains("'rename': true"), "{message}");
    }
    assert_eq!(stock_counts(&operator.stock(&pool).await)[1], 2, "it has taken nothing");
    let renamed = claim("LT-2", Some(true)).await.is(200).json();
    assert_eq!(claimed_iccid(&renamed), iccid(0));
    assert_eq!(renamed["deviceState"]["deviceName"], "LT-2");
    claim("lt-2", None).await.is(200);
    claim("LT-1", None).await.is_refused(409, "DeviceHasAnotherName");
    assert_eq!(claimed_iccid(&operator.claim(&pool, "lt-2").await.is(200).json()), iccid(0));
    // The former name is free for another device.
    assert_eq!(claimed_iccid(&operator.claim(&pool, "LT-1").await.is(201).json()), iccid(1));
    // A device without a name gets the one that it tells.
    operator.claim_as(&pool, ["", &eid(5), ""]).await.is(201);
    let named = operator.claim_as(&pool, ["LT-5", &eid(5), ""]).await.is(200).json();
    assert_eq!(named["deviceState"]["deviceName"], "LT-5");
    assert_eq!(claimed_iccid(&operator.claim(&pool, "lt-5").await.is(200).json()), iccid(2));
    let wrong = json!({ "deviceName": "x", "rename": "yes" });
    let wrong = operator.claimer.post(&format!("{pool}/esimpool.claim"), wrong).await;
    wrong.is_refused(400, "BadRequest");
}

async fn many_claims_of_one_device_at_once_give_it_one_code(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let pool = operator.pool(codes(60)).await;
    for round in 0..4 {
        let (name, eid) = (format!("Device {round}"), eid(round));
        operator.claim(&pool, &name).await.is(201);
        let spellings = [name.clone(), name.to_lowercase(), name.to_uppercase()];
        let claims = (0..24).map(|n| {
            let own = if n % 2 == 0 { "" } else { &*eid };
            operator.claim_as(&pool, [&*spellings[n % 3], own, ""])
        });
        let codes: BTreeSet<_> = join_all(claims)
            .await
            .into_iter()
            .map(|claimed| claimed_iccid(&claimed.is(200).json()).to_owned())
            .collect();
        assert_eq!(codes.len(), 1, "{codes:?}");
    }
    assert_eq!(stock_counts(&operator.stock(&pool).await)[1], 56);
}

async fn a_claim_during_the_deletion_of_its_device_state_gets_another_code() {
    let app = TestApp::start(Engine::Postgres).await;
    let operator = Operator::of(&app);
    let pool = operator.pool(codes(2)).await;
    operator.claim(&pool, "phone").await.is(201);
    // As by another server that deletes the device state: a claim reads the hand-out before it is
    // committed, and the device state afterwards.
    let mut connection = PgConnection::connect(&app.database.url).await.expect("a connection");
    let mut deletion = connection.begin().await.expect("a transaction");
    for statement in [
        "lock table device_states in access exclusive mode",
        "delete from device_states",
        "update handouts set outcome = 5",
        "update activation_codes set state = 5 where state <> 0",
    ] {
        deletion.execute(statement).await.expect("executed");
    }
    let claimed = operator.claim(&pool, "phone");
    let committed = async {
        while app.database.waiting_for_locks().await == 0 {
            tokio::task::yield_now().await;
        }
        deletion.commit().await.expect("committed");
    };
    let (claimed, ()) = futures_util::future::join(claimed, committed).await;
    assert_eq!(claimed_iccid(&claimed.is(201).json()), iccid(1));
}
