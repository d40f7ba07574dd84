//! Who a device is, and how its code follows its state.

use serde_json::json;

use crate::support::bodies::{device_state, eid};
use crate::support::operator::{Operator, claimed_iccid, stock_counts};
use crate::support::{Engine, TestApp, cases, code, codes, iccid};

cases! {
    both: [
        a_code_follows_the_state_of_its_device_and_is_never_free_again,
    ],
    once: [
        every_mode_refuses_what_is_not_an_eid,
        a_device_is_identified_by_its_eid_or_else_by_its_name,
    ],
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

async fn a_device_is_identified_by_its_eid_or_else_by_its_name() {
    let app = TestApp::start(Engine::Sqlite).await;
    let operator = Operator::of(&app);
    let pool = operator.pool(codes(5)).await;
    let (one, spaced) = (eid(1), eid(1).replace("8904", "8904 "));
    let claim = async |eid: Option<&str>, name: Option<&str>| {
        let body = json!({
            "universalIntegratedCircuitCardIdentifier": eid,
            "deviceName": name,
        });
        let answer = operator.claimer.post(&format!("{pool}/esimpool.claim"), body).await;
        (answer.status.as_u16(), claimed_iccid(&answer.json()).to_owned())
    };
    assert_eq!(claim(Some(&one), Some("phone")).await, (201, iccid(0)));
    assert_eq!(claim(Some(&one), Some("renamed")).await, (200, iccid(0)));
    assert_eq!(claim(Some(&one), None).await, (200, iccid(0)));
    // The same name without an EID is another device, for all that is known.
    assert_eq!(claim(None, Some("phone")).await, (201, iccid(1)));
    assert_eq!(claim(None, Some("phone")).await, (200, iccid(1)));
    assert_eq!(claim(None, Some("Phone")).await, (201, iccid(2)));
    // Spaces and hyphens are not part of an EID, nor are spaces around a name.
    for eid in [&spaced, &one.replace("9032", "-9032-"), &format!(" {one} ")] {
        assert_eq!(claim(Some(eid), None).await, (200, iccid(0)), "{eid}");
    }
    for name in ["Phone ", " Phone", "\tPhone"] {
        assert_eq!(claim(None, Some(name)).await, (200, iccid(2)), "{name}");
    }
    // A name that looks like an EID is none.
    assert_eq!(claim(None, Some(&one)).await, (201, iccid(3)));
    // What is shown is what was sent.
    assert_eq!(claim(None, Some(" Laptop 7 ")).await, (201, iccid(4)));
    let named = format!("{pool}/deviceStates?$filter=deviceName eq ' Laptop 7 '&$count=true");
    assert_eq!(operator.writer.get(&named).await.is(200).json()["@odata.count"], 1);
}
