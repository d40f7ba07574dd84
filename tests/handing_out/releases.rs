//! Releasing a claim, and reinstating its code.

use serde_json::{Value, json};

use crate::support::bodies::eid;
use crate::support::operator::{Operator, claimed_iccid, device_state_path, stock_counts};
use crate::support::{Engine, TestApp, cases, code, codes, iccid};

cases! {
    both: [
        an_installing_claim_can_be_released_and_its_code_reinstated_by_iccid,
        a_device_that_ends_while_it_is_installing_leaves_its_code_in_quarantine,
        a_code_is_found_by_the_exact_text_it_was_stored_with,
        a_code_of_a_deleted_pool_is_reinstated_in_the_pool_that_has_it_now,
        a_code_in_two_pools_can_be_reinstated_in_each,
        a_claim_is_released_by_the_name_or_the_eid_of_its_device,
        every_refusal_names_the_state_of_the_code_and_the_next_step,
    ],
    postgres: [
        a_release_by_iccid_and_a_report_of_the_device_do_not_deadlock,
    ],
}

async fn an_installing_claim_can_be_released_and_its_code_reinstated_by_iccid(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let pool = operator.pool(codes(2)).await;
    let release =
        async |body: Value| operator.writer.post(&format!("{pool}/esimpool.release"), body).await;
    let reinstate = async |number: usize| {
        let body = json!({ "integratedCircuitCardIdentifier": iccid(number) });
        operator.writer.post(&format!("{pool}/esimpool.reinstate"), body).await
    };
    let claimed = operator.claim(&pool, "phone").await.is(201).json();
    let state = claimed["deviceState"]["id"].as_str().expect("an id");
    reinstate(0).await.is_refused(409, "ActivationCodeNotQuarantined");
    let released = release(json!({ "deviceStateId": state })).await.is(200).json();
    assert_eq!((&released["id"], &released["state"]), (&json!(state), &json!("deleted")));
    assert_eq!(stock_counts(&operator.stock(&pool).await), [2, 1, 0, 1, 0]);
    release(json!({ "deviceStateId": state })).await.is_refused(409, "ClaimNotInstalling");
    release(json!({ "deviceStateId": "none" })).await.is_refused(404, "ResourceNotFound");
    release(json!({ "integratedCircuitCardIdentifier": iccid(9) }))
        .await
        .is_refused(404, "ResourceNotFound");
    release(json!({ "integratedCircuitCardIdentifier": iccid(1) }))
        .await
        .is_refused(409, "ClaimNotInstalling");
    release(json!({})).await.is_refused(400, "BadRequest");
    // The device asks again and gets another code, not the one in quarantine.
    let second = operator.claim(&pool, "phone").await.is(201).json();
    assert_eq!(claimed_iccid(&second), iccid(1));
    let late = json!({ "deviceName": "x", "integratedCircuitCardIdentifier": iccid(0) });
    operator
        .claimer
        .post(&format!("{pool}/esimpool.claim"), late.clone())
        .await
        .is_refused(409, "ActivationCodeNotFree");
    // Whatever is said of the old state, its code stays where it is.
    let path = format!("{pool}/deviceStates/{state}");
    operator.writer.patch(&path, json!({ "state": "installed" })).await.is(200);
    assert_eq!(stock_counts(&operator.stock(&pool).await), [2, 0, 1, 1, 0]);

    let back = reinstate(0).await.is(200).json();
    assert_eq!((&back["state"], &back["deviceStateId"]), (&json!("notEvaluated"), &Value::Null));
    reinstate(0).await.is_refused(409, "ActivationCodeNotQuarantined");
    reinstate(9).await.is_refused(404, "ResourceNotFound");
    assert_eq!(stock_counts(&operator.stock(&pool).await), [2, 1, 1, 0, 0]);
    let given = operator.claimer.post(&format!("{pool}/esimpool.claim"), late).await.is(201).json();
    assert_eq!(claimed_iccid(&given), iccid(0));
    // An installed one is not taken back.
    let installed = second["deviceState"]["id"].as_str().expect("an id");
    let path = format!("{pool}/deviceStates/{installed}");
    operator.writer.patch(&path, json!({ "state": "installed" })).await.is(200);
    release(json!({ "integratedCircuitCardIdentifier": iccid(1) }))
        .await
        .is_refused(409, "ClaimNotInstalling");
}

async fn a_device_that_ends_while_it_is_installing_leaves_its_code_in_quarantine(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let pool = operator.pool(codes(5)).await;
    let mut states = Vec::new();
    for device in ["failed", "deleted", "removed", "uninstalled", "failed later"] {
        let claimed = operator.claim(&pool, device).await.is(201);
        states.push(device_state_path(&pool, &claimed));
    }
    let report = async |state: &String, name: &str| {
        operator.writer.patch(state, json!({ "state": name })).await.is(200)
    };
    report(&states[0], "failed").await;
    report(&states[1], "deleted").await;
    operator.writer.delete(&states[2]).await.is(204);
    assert_eq!(stock_counts(&operator.stock(&pool).await), [5, 0, 2, 3, 0]);
    // What was installed is used up.
    for (state, name) in states[3..].iter().zip(["deleted", "failed"]) {
        report(state, "installed").await;
        report(state, name).await;
    }
    operator.writer.delete(&states[4]).await.is(204);
    assert_eq!(stock_counts(&operator.stock(&pool).await), [5, 0, 2, 3, 0]);
    for number in 0..5 {
        let name = json!({ "integratedCircuitCardIdentifier": iccid(number) });
        let reinstated = operator.writer.post(&format!("{pool}/esimpool.reinstate"), name).await;
        match number {
            0..3 => drop(reinstated.is(200)),
            _ => drop(reinstated.is_refused(409, "ActivationCodeNotQuarantined")),
        }
    }
    assert_eq!(stock_counts(&operator.stock(&pool).await), [5, 3, 2, 0, 0]);
    // A reinstated code does not follow its former device.
    report(&states[0], "installed").await;
    assert_eq!(stock_counts(&operator.stock(&pool).await), [5, 3, 2, 0, 0]);
}

async fn a_code_is_found_by_the_exact_text_it_was_stored_with(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    for (number, text) in
        ["8944500102198304826F", " 8944 5001 0219 8304 834 ", "984405012091384048F2", "Some value"]
            .into_iter()
            .enumerate()
    {
        let mut odd = code(number);
        odd["integratedCircuitCardIdentifier"] = text.into();
        let pool = operator.pool(vec![code(100 + number), odd]).await;
        let name = json!({ "integratedCircuitCardIdentifier": text });
        let claim = async |device: &str| {
            let mut body = name.clone();
            body["deviceName"] = device.into();
            operator.claimer.post(&format!("{pool}/esimpool.claim"), body).await
        };
        let given = claim("phone").await.is(201).json();
        assert_eq!(claimed_iccid(&given), text);
        assert_eq!(claim("phone").await.is(200).json(), given);
        operator.writer.post(&format!("{pool}/esimpool.release"), name.clone()).await.is(200);
        let back = operator.writer.post(&format!("{pool}/esimpool.reinstate"), name.clone()).await;
        assert_eq!(back.is(200).json()["integratedCircuitCardIdentifier"], text);
        assert_eq!(claimed_iccid(&claim("tablet").await.is(201).json()), text);
    }
    // Of a padded number and the same one normalized each is found by its own text.
    let both = ["8944500102198304826F", "8944500102198304826"];
    let twins = both.iter().enumerate().map(|(number, text)| {
        let mut code = code(200 + number);
        code["integratedCircuitCardIdentifier"] = (*text).into();
        code
    });
    let pool = operator.pool(twins.collect()).await;
    for text in both.iter().rev() {
        let body = json!({ "deviceName": text, "integratedCircuitCardIdentifier": text });
        let given = operator.claimer.post(&format!("{pool}/esimpool.claim"), body).await.is(201);
        assert_eq!(claimed_iccid(&given.json()), *text);
    }
}

const EID: &str = "universalIntegratedCircuitCardIdentifier";

/// A pool whose first code is in quarantine.
async fn quarantine(operator: &Operator, count: usize) -> String {
    let pool = operator.pool(codes(count)).await;
    operator.claim(&pool, "phone").await.is(201);
    let name = json!({ "integratedCircuitCardIdentifier": iccid(0) });
    operator.writer.post(&format!("{pool}/esimpool.release"), name).await.is(200);
    pool
}

async fn a_code_of_a_deleted_pool_is_reinstated_in_the_pool_that_has_it_now(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let name = json!({ "integratedCircuitCardIdentifier": iccid(0) });
    let pool = quarantine(&operator, 2).await;
    operator.writer.delete(&pool).await.is(204);
    let again = operator.pool(codes(2)).await;
    assert_eq!(stock_counts(&operator.stock(&again).await), [2, 1, 0, 0, 1]);
    let reinstate = format!("{again}/esimpool.reinstate");
    let back = operator.writer.post(&reinstate, name.clone()).await.is(200).json();
    assert_eq!(back["state"], "notEvaluated");
    assert_eq!(stock_counts(&operator.stock(&again).await), [2, 2, 0, 0, 0]);
    operator.writer.post(&reinstate, name).await.is_refused(409, "ActivationCodeNotQuarantined");
    assert_eq!(claimed_iccid(&operator.claim(&again, "a").await.is(201).json()), iccid(0));
    // One that a device has, wherever, is not put back.
    let other = operator.pool(codes(2)).await;
    let name = json!({ "integratedCircuitCardIdentifier": iccid(0) });
    operator
        .writer
        .post(&format!("{other}/esimpool.reinstate"), name)
        .await
        .is_refused(409, "ActivationCodeNotQuarantined");
}

async fn a_code_in_two_pools_can_be_reinstated_in_each(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let name = json!({ "integratedCircuitCardIdentifier": iccid(0) });
    let first = quarantine(&operator, 1).await;
    let second = operator.pool(codes(1)).await;
    for pool in [&second, &first] {
        let back = operator.writer.post(&format!("{pool}/esimpool.reinstate"), name.clone()).await;
        assert_eq!(back.is(200).json()["state"], "notEvaluated");
    }
    // It is one code for all that: it goes out once.
    operator.claim(&first, "a").await.is(201);
    operator.claim(&second, "b").await.is_refused(409, "ActivationCodesHandedOutElsewhere");
}

async fn a_release_by_iccid_and_a_report_of_the_device_do_not_deadlock() {
    let app = TestApp::start(Engine::Postgres).await;
    let operator = Operator::of(&app);
    let pool = operator.pool(codes(50)).await;
    for round in 0..50 {
        let claimed = operator.claim(&pool, &format!("device {round}")).await.is(201).json();
        let state = claimed["deviceState"]["id"].as_str().expect("an id");
        let path = format!("{pool}/deviceStates/{state}");
        let release = format!("{pool}/esimpool.release");
        let name = json!({ "integratedCircuitCardIdentifier": claimed_iccid(&claimed) });
        let (released, reported) = tokio::join!(
            operator.writer.post(&release, name),
            operator.writer.patch(&path, json!({ "state": "failed" })),
        );
        if released.status.as_u16() != 200 {
            released.is_refused(409, "ClaimNotInstalling");
        }
        reported.is(200);
    }
    let stock = operator.stock(&pool).await;
    assert_eq!(
        stock_counts(&stock)[1],
        0,
        "no code is free, in whichever order they came: {stock}"
    );
}

async fn a_claim_is_released_by_the_name_or_the_eid_of_its_device(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let pool = operator.pool(codes(6)).await;
    let release =
        async |body: Value| operator.writer.post(&format!("{pool}/esimpool.release"), body).await;
    operator.claim(&pool, "LT-1").await.is(201);
    let released = release(json!({ "deviceName": "lt-1 " })).await.is(200).json();
    assert_eq!((&released["deviceName"], &released["state"]), (&json!("LT-1"), &json!("deleted")));
    let message =
        release(json!({ "deviceName": "LT-1" })).await.is_refused(404, "ResourceNotFound");
    assert!(message.contains("No device of this name or EID"), "{message}");
    let grouped = eid(2).replace("8904", "8904 ");
    operator.claim_as(&pool, ["LT-2", &eid(2), ""]).await.is(201);
    release(json!({ EID: grouped })).await.is(200);
    operator.claim_as(&pool, ["LT-2", &eid(2), ""]).await.is(201);
    release(json!({ "deviceName": "lt-2" })).await.is(200);
    for number in [3, 4] {
        operator.claim_as(&pool, ["same", &eid(number), ""]).await.is(201);
    }
    release(json!({ "deviceName": "same" })).await.is_refused(409, "DeviceNameAmbiguous");
    release(json!({ EID: eid(3) })).await.is(200);
    let installed = operator.claim(&pool, "LT-5").await.is(201);
    let state = device_state_path(&pool, &installed);
    operator.writer.patch(&state, json!({ "state": "installed" })).await.is(200);
    release(json!({ "deviceName": "LT-5" })).await.is_refused(409, "ClaimNotInstalling");
    for body in [
        json!({ EID: "N/A" }),
        json!({ EID: " " }),
        json!({ "deviceName": "" }),
        json!({ "deviceName": "same", EID: eid(4) }),
    ] {
        release(body).await.is_refused(400, "BadRequest");
    }
    assert_eq!(stock_counts(&operator.stock(&pool).await), [6, 0, 2, 4, 0]);
}

async fn every_refusal_names_the_state_of_the_code_and_the_next_step(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let pool = operator.pool(codes(6)).await;
    let of = |number: usize| json!({ "integratedCircuitCardIdentifier": iccid(number) });
    let path = |action: &str| format!("{pool}/esimpool.{action}");
    let mut states = Vec::new();
    for device in ["installing", "installed", "removed", "released"] {
        states.push(device_state_path(&pool, &operator.claim(&pool, device).await.is(201)));
    }
    operator.writer.patch(&states[1], json!({ "state": "installed" })).await.is(200);
    operator.writer.patch(&states[2], json!({ "state": "removedByUser" })).await.is(200);
    operator.writer.post(&path("release"), of(3)).await.is(200);
    let elsewhere = operator.pool(vec![code(5)]).await;
    operator.claim(&elsewhere, "elsewhere").await.is(201);
    // The number of the code; what a claim of it, its release and its reinstatement say.
    for (number, state, claim, release, reinstate) in [
        (0, "installing", "release that claim and reinstate", "", "Release its claim first"),
        (
            1,
            "installed",
            "Claim without an ICCID",
            "report its device state as",
            "Claim another one",
        ),
        (2, "removedByUser", "Claim without an ICCID", "may claim another one", "never free again"),
        (3, "quarantined", "or reinstate it", "Reinstate it to make it free", ""),
        (4, "notEvaluated", "", "nothing to release", "It is free already"),
        (5, "handedOutElsewhere", "Claim without an ICCID", "Release it there", "Release it there"),
    ] {
        let mut wanted = of(number);
        wanted["deviceName"] = "other".into();
        for (expected, verb, body, error) in [
            (claim, "claim", wanted, "ActivationCodeNotFree"),
            (reinstate, "reinstate", of(number), "ActivationCodeNotQuarantined"),
            (release, "release", of(number), "ClaimNotInstalling"),
        ] {
            if expected.is_empty() {
                continue;
            }
            let actor = if verb == "claim" { &operator.claimer } else { &operator.writer };
            let message = actor.post(&path(verb), body).await.is_refused(409, error);
            assert!(message.contains(&format!("'{state}'")), "{verb} {state}: {message}");
            assert!(message.contains(expected), "{verb} {state}: {message}");
        }
    }
    // A device that has another code, and device states that hold none.
    let mut other = of(4);
    other["deviceName"] = "installed".into();
    let message = operator.claimer.post(&path("claim"), other).await;
    let message = message.is_refused(409, "DeviceHasActivationCode");
    assert!(message.contains("'installed'") && message.contains("as 'deleted'"), "{message}");
    operator.claim(&pool, "removed").await.is(201);
    let message = operator.writer.patch(&states[2], json!({ "state": "installed" })).await;
    let message = message.is_refused(409, "DeviceHasActivationCode");
    assert!(message.contains("Release the other one"), "{message}");
    let message = operator.claimer.get(&format!("{}/esimpool.qr", states[3])).await;
    let message = message.is_refused(409, "NoActiveClaim");
    assert!(message.contains("'deleted'") && message.contains("Claim one"), "{message}");
    let states = format!("{pool}/deviceStates");
    let made = operator.writer.post(&states, json!({ "state": "installed" })).await.is(201);
    let id = made.json()["id"].clone();
    let message = operator.writer.post(&path("release"), json!({ "deviceStateId": id })).await;
    let message = message.is_refused(409, "ClaimNotInstalling");
    assert!(message.contains("not made by a claim"), "{message}");
}
