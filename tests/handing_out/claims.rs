//! Handing codes to devices, taking them back, and what becomes of them.

use esimpool::auth::Permission;
use serde_json::{Value, json};

use crate::support::operator::{Operator, claimed_iccid, stock_counts};
use crate::support::{EXAMPLE, Engine, POOLS, TestApp, cases, code, codes, iccid};

cases! {
    both: [
        a_device_gets_one_code_and_the_same_one_when_it_asks_again,
        devices_at_once_get_a_code_each_until_none_is_left,
        the_same_device_asking_many_times_at_once_gets_one_code,
        a_certain_code_is_given_if_it_is_free,
        a_code_that_was_handed_out_is_not_free_in_any_pool,
        codes_without_a_matching_id_are_told_apart_by_their_iccids,
        a_host_is_the_same_with_blanks_around_it_or_a_dot_at_its_end,
        a_code_follows_the_state_of_its_device_and_is_never_free_again,
        a_claim_that_is_installing_can_be_released_and_its_code_put_back_by_name,
        a_code_is_found_by_the_very_text_it_was_stored_with,
        a_code_whose_pool_was_removed_is_put_back_where_its_list_came_again,
        a_code_that_two_pools_have_is_put_back_in_each_by_name,
        a_pool_that_is_deleted_while_devices_claim_loses_no_code_twice,
    ],
    postgres: [a_release_by_number_and_a_device_that_reports_are_not_in_each_others_way],
    once: [
        a_claim_says_everything_that_a_device_can_use,
        a_code_that_no_string_can_hold_is_given_without_one,
        a_claim_must_say_whose_it_is,
        strict_validation_wants_a_real_eid,
        a_device_is_known_by_its_eid_or_else_by_its_name,
    ],
}

async fn a_device_gets_one_code_and_the_same_one_when_it_asks_again(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let pool = operator.pool(codes(3)).await;
    let first = operator.claim(&pool, "laptop 1").await.is(201);
    assert_eq!(first.header("cache-control"), "no-store");
    let first = first.json();
    assert_eq!(claimed_iccid(&first), iccid(0), "in the order of the list");
    assert_eq!(first["deviceState"]["state"], "installing");
    let again = operator.claim(&pool, "laptop 1").await.is(200).json();
    assert_eq!(again, first);
    let other = operator.claim(&pool, "laptop 2").await.is(201).json();
    assert_eq!(claimed_iccid(&other), iccid(1));
    assert_eq!(stock_counts(&operator.stock(&pool).await), [3, 1, 2, 0, 0]);
    let states = operator.writer.get(&format!("{pool}/deviceStates")).await.is(200).json();
    assert_eq!(states["value"].as_array().map(Vec::len), Some(2));
    assert_eq!(states["value"][0], first["deviceState"]);
    operator.claim(&format!("{POOLS}/none"), "x").await.is_refused(404, "ResourceNotFound");
    // Another tenant's claimer sees no such pool.
    let stranger = app.tenant("fabrikam").caller(Permission::ActivationCodeClaimAll);
    stranger
        .post(&format!("{pool}/esimpool.claim"), json!({ "deviceName": "x" }))
        .await
        .is_refused(404, "ResourceNotFound");
}

async fn devices_at_once_get_a_code_each_until_none_is_left(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let pool = operator.pool(codes(60)).await;
    let all = (0..80).map(|n| {
        let (operator, pool) = (&operator, &pool);
        async move { operator.claim(pool, &format!("device {n}")).await }
    });
    let answers = futures_util::future::join_all(all).await;
    let mut given = std::collections::HashSet::new();
    let mut refused = 0;
    for answer in &answers {
        if answer.status.as_u16() == 201 {
            assert!(given.insert(claimed_iccid(&answer.json()).to_owned()), "given twice");
        } else {
            answer.is_refused(409, "NoFreeActivationCode");
            refused += 1;
        }
    }
    assert_eq!((given.len(), refused), (60, 20));
    assert_eq!(stock_counts(&operator.stock(&pool).await), [60, 0, 60, 0, 0]);
    // New codes for a pool that ran dry.
    let more = json!({ "activationCodes": [code(60)] });
    operator.writer.patch(&pool, more).await.is(200);
    operator.claim(&pool, "late").await.is(201);
}

async fn the_same_device_asking_many_times_at_once_gets_one_code(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let pool = operator.pool(codes(50)).await;
    let path = format!("{pool}/esimpool.claim");
    for (round, body) in [
        json!({ "deviceName": "impatient" }),
        json!({ "deviceName": "choosy", "integratedCircuitCardIdentifier": iccid(20) }),
    ]
    .iter()
    .enumerate()
    {
        let all = (0..50).map(|_| operator.claimer.post(&path, body.clone()));
        let answers = futures_util::future::join_all(all).await;
        let count =
            |status: u16| answers.iter().filter(|answer| answer.status.as_u16() == status).count();
        assert_eq!((count(201), count(200)), (1, 49), "{body}");
        assert!(answers.iter().all(|answer| answer.body == answers[0].body));
        let taken = i64::try_from(round).expect("few") + 1;
        assert_eq!(stock_counts(&operator.stock(&pool).await), [50, 50 - taken, taken, 0, 0]);
    }
}

async fn a_certain_code_is_given_if_it_is_free(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let pool = operator.pool(codes(3)).await;
    let ask = async |device: &str, iccid: String| {
        let body = json!({ "deviceName": device, "integratedCircuitCardIdentifier": iccid });
        operator.claimer.post(&format!("{pool}/esimpool.claim"), body).await
    };
    // As it stands on the card: padded, with blanks.
    let spelled = format!("{} {}F", &iccid(2)[..4], &iccid(2)[4..]);
    let given = ask("a", spelled).await.is(201).json();
    assert_eq!(claimed_iccid(&given), iccid(2));
    ask("a", iccid(2)).await.is(200);
    ask("a", iccid(1)).await.is_refused(409, "DeviceHasActivationCode");
    ask("b", iccid(2)).await.is_refused(409, "ActivationCodeNotFree");
    ask("b", iccid(7)).await.is_refused(404, "ResourceNotFound");
    assert_eq!(claimed_iccid(&operator.claim(&pool, "b").await.is(201).json()), iccid(0));
}

async fn a_code_that_was_handed_out_is_not_free_in_any_pool(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let (one, two) = (operator.pool(codes(3)).await, operator.pool(codes(3)).await);
    for n in 0..3 {
        operator.claim(&one, &format!("device {n}")).await.is(201);
    }
    // The other pool has had the same codes all the while, and nobody has asked it yet.
    let stock = operator.stock(&two).await;
    assert_eq!(stock_counts(&stock), [3, 0, 0, 0, 3]);
    assert_eq!(stock["byOperator"][0]["free"], 0);
    let all = operator.writer.get(&format!("{POOLS}/esimpool.stock")).await.is(200).json();
    assert_eq!(stock_counts(&all), [6, 0, 3, 0, 3]);
    let shown = format!("{two}/esimpool.codes?$filter=state eq 'handedOutElsewhere'&$count=true");
    let shown = operator.writer.get(&shown).await.is(200).json();
    assert_eq!(shown["@odata.count"], 3);
    assert_eq!(shown["value"][2]["state"], "handedOutElsewhere");
    assert_eq!(shown["value"][2]["deviceStateId"], Value::Null);
    let free = format!("{two}/esimpool.codes/$count?$filter=state eq 'notEvaluated'");
    assert_eq!(operator.writer.get(&free).await.is(200).text(), "0");
    let file = operator.writer.get(&format!("{two}/esimpool.export")).await.is(200).text();
    assert_eq!(file.matches("handedOutElsewhere").count(), 3, "{file}");
    operator.claim(&two, "late").await.is_refused(409, "ActivationCodesHandedOutElsewhere");
    assert_eq!(stock_counts(&operator.stock(&two).await), [3, 0, 0, 0, 3]);
    operator.claim(&two, "late").await.is_refused(409, "ActivationCodesHandedOutElsewhere");
    // Removed, and the same list uploaded again: known from the beginning.
    operator.writer.delete(&one).await.is(204);
    operator.writer.delete(&two).await.is(204);
    let again = operator.pool(codes(4)).await;
    assert_eq!(stock_counts(&operator.stock(&again).await), [4, 1, 0, 0, 3]);
    let given = operator.claim(&again, "new").await.is(201).json();
    assert_eq!(claimed_iccid(&given), iccid(3));
    operator.claim(&again, "newer").await.is_refused(409, "ActivationCodesHandedOutElsewhere");
    // Appended to an old pool, too.
    let old = operator.pool(vec![]).await;
    operator.writer.patch(&old, json!({ "activationCodes": codes(4) })).await.is(200);
    assert_eq!(stock_counts(&operator.stock(&old).await), [4, 0, 0, 0, 4]);
    // In another tenant it is another code.
    let fabrikam = Operator {
        writer: app.tenant("fabrikam").caller(Permission::ConfigurationReadWriteAll),
        claimer: app.tenant("fabrikam").caller(Permission::ActivationCodeClaimAll),
    };
    let theirs = fabrikam.pool(codes(1)).await;
    fabrikam.claim(&theirs, "device 0").await.is(201);
}

async fn codes_without_a_matching_id_are_told_apart_by_their_iccids(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let bare = |number: usize| {
        let mut code = code(number);
        code["matchingIdentifier"] = "".into();
        code
    };
    let pool = operator.pool(vec![bare(0), bare(1)]).await;
    for device in 0..2 {
        let given = operator.claim(&pool, &format!("device {device}")).await.is(201).json();
        assert_eq!(claimed_iccid(&given), iccid(device));
    }
    operator.writer.delete(&pool).await.is(204);
    let again = operator.pool(vec![bare(0), bare(1), bare(2)]).await;
    let given = operator.claim(&again, "device 0").await.is(201).json();
    assert_eq!(claimed_iccid(&given), iccid(2));
    operator.claim(&again, "device 1").await.is_refused(409, "ActivationCodesHandedOutElsewhere");
}

async fn a_host_is_the_same_with_blanks_around_it_or_a_dot_at_its_end(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let at = |host: &str| {
        let mut code = code(0);
        code["smdpPlusServerAddress"] = host.into();
        code
    };
    let hosts = ["x.example.com", "x.example.com ", "x.example.com."];
    let pool = operator.pool(hosts.map(at).to_vec()).await;
    operator.claim(&pool, "a").await.is(201);
    operator.claim(&pool, "b").await.is_refused(409, "NoFreeActivationCode");
    for host in hosts {
        let other = operator.pool(vec![at(host)]).await;
        let refused = operator.claim(&other, "c").await;
        refused.is_refused(409, "ActivationCodesHandedOutElsewhere");
    }
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
    // One that failed keeps its code; whoever says later that it was installed after all is told.
    let other = operator.pool(vec![code(10), code(11)]).await;
    let first = operator.claim(&other, "tablet").await.is(201).json();
    let first =
        format!("{other}/deviceStates/{}", first["deviceState"]["id"].as_str().expect("an id"));
    operator.writer.patch(&first, json!({ "state": "failed" })).await.is(200);
    operator.claim(&other, "tablet").await.is(201);
    operator
        .writer
        .patch(&first, json!({ "state": "installed" }))
        .await
        .is_refused(409, "DeviceHasActivationCode");
}

async fn a_claim_that_is_installing_can_be_released_and_its_code_put_back_by_name(engine: Engine) {
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

async fn a_code_is_found_by_the_very_text_it_was_stored_with(engine: Engine) {
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
    // Of a padded number and the same one tidied each is found by its own text.
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

/// A pool whose first code is in quarantine.
async fn quarantine(operator: &Operator, count: usize) -> String {
    let pool = operator.pool(codes(count)).await;
    operator.claim(&pool, "phone").await.is(201);
    let name = json!({ "integratedCircuitCardIdentifier": iccid(0) });
    operator.writer.post(&format!("{pool}/esimpool.release"), name).await.is(200);
    pool
}

async fn a_code_whose_pool_was_removed_is_put_back_where_its_list_came_again(engine: Engine) {
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

async fn a_code_that_two_pools_have_is_put_back_in_each_by_name(engine: Engine) {
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

async fn a_release_by_number_and_a_device_that_reports_are_not_in_each_others_way() {
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
    assert_eq!(stock_counts(&stock)[1], 0, "whoever was first, no code is free: {stock}");
}

async fn a_pool_that_is_deleted_while_devices_claim_loses_no_code_twice(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    for round in 0..5 {
        let all: Vec<_> = (round * 20..round * 20 + 20).map(code).collect();
        let pool = operator.pool(all.clone()).await;
        let claims = (0..20).map(|n| {
            let (operator, pool) = (&operator, &pool);
            async move { operator.claim(pool, &format!("{round} {n}")).await }
        });
        let (answers, gone) =
            tokio::join!(futures_util::future::join_all(claims), operator.writer.delete(&pool));
        gone.is(204);
        let given = answers.iter().filter(|answer| answer.status.as_u16() == 201).count();
        for answer in answers.iter().filter(|answer| answer.status.as_u16() != 201) {
            answer.is_refused(404, "ResourceNotFound");
        }
        // Whatever was given is known when the list comes again.
        let again = operator.pool(all).await;
        let stock = operator.stock(&again).await;
        assert_eq!(stock["handedOutElsewhere"], given, "{stock}");
    }
    let orphans = "select count(*) from device_states as state where not exists
        (select 1 from pools where pools.tenant_id = state.tenant_id and pools.id = state.pool_id)";
    assert_eq!(app.database.number(orphans).await, 0);
}

async fn a_claim_says_everything_that_a_device_can_use() {
    let app = TestApp::start(Engine::Sqlite).await;
    let operator = Operator::of(&app);
    let pool = operator.pool(codes(1)).await;
    let body = json!({
        "deviceName": "phone",
        "userName": "ann@contoso.com",
        "universalIntegratedCircuitCardIdentifier": "89049032123451234512345678901235",
    });
    let claimed =
        operator.claimer.post(&format!("{pool}/esimpool.claim"), body).await.is(201).json();
    assert_eq!(
        claimed["activationCode"],
        json!({
            "@odata.type": "#microsoft.graph.embeddedSIMActivationCode",
            "integratedCircuitCardIdentifier": iccid(0),
            "matchingIdentifier": "MATCH-000000",
            "smdpPlusServerAddress": "smdp.example.com",
        })
    );
    assert_eq!(claimed["lpaString"], "LPA:1$smdp.example.com$MATCH-000000");
    assert_eq!(
        claimed["links"],
        json!({
            "apple": "https://esimsetup.apple.com/esim_qrcode_provisioning?carddata=LPA%3A1%24smdp.example.com%24MATCH-000000",
            "android": "https://esimsetup.android.com/esim_qrcode_provisioning?carddata=LPA%3A1%24smdp.example.com%24MATCH-000000",
            "windows": "lpa:1$smdp.example.com$MATCH-000000",
        })
    );
    let state = &claimed["deviceState"];
    assert_eq!(
        [
            &state["deviceName"],
            &state["userName"],
            &state["universalIntegratedCircuitCardIdentifier"]
        ],
        ["phone", "ann@contoso.com", "89049032123451234512345678901235"]
    );
}

async fn a_code_that_no_string_can_hold_is_given_without_one() {
    let app = TestApp::start(Engine::Sqlite).await;
    let operator = Operator::of(&app);
    let seed = operator.writer.post(POOLS, EXAMPLE).await.is(201).json();
    let pool = format!("{POOLS}/{}", seed["id"].as_str().expect("an id"));
    let claimed = operator.claim(&pool, "a").await.is(201).json();
    assert_eq!(
        claimed["lpaString"],
        "LPA:1$Smdp Plus Server Address value$Matching Identifier value"
    );
    let torn = json!({
        "integratedCircuitCardIdentifier": "1",
        "matchingIdentifier": "a$b",
        "smdpPlusServerAddress": "smdp.example.com",
    });
    let pool = operator.pool(vec![torn]).await;
    let claimed = operator.claim(&pool, "a").await.is(201).json();
    assert_eq!(claimed["activationCode"]["matchingIdentifier"], "a$b");
    assert_eq!((&claimed["lpaString"], &claimed["links"]), (&Value::Null, &Value::Null));
}

async fn a_claim_must_say_whose_it_is() {
    let app = TestApp::start(Engine::Sqlite).await;
    let operator = Operator::of(&app);
    let pool = operator.pool(codes(1)).await;
    for (body, reason) in [
        (json!({}), "'universalIntegratedCircuitCardIdentifier' or 'deviceName' is required"),
        (json!({ "deviceName": " " }), "or 'deviceName' is required"),
        (json!({ "deviceName": null, "userName": "x" }), "or 'deviceName' is required"),
        (json!({ "deviceName": 7 }), "'deviceName' must be a string"),
        (json!({ "deviceName": "a\u{0}b" }), "'deviceName' must not contain the character U+0000"),
        (json!({ "deviceName": "x".repeat(300) }), "'deviceName' must be at most 255"),
        (json!({ "device": "x" }), "'device' is not a property of esimpool.claim"),
    ] {
        let answer = operator.claimer.post(&format!("{pool}/esimpool.claim"), body).await;
        let message = answer.is_refused(400, "BadRequest");
        assert!(message.contains(reason), "{message}");
    }
    assert_eq!(stock_counts(&operator.stock(&pool).await), [1, 1, 0, 0, 0]);
}

async fn strict_validation_wants_a_real_eid() {
    let app = TestApp::with(Engine::Sqlite).set("codes.validation", "strict").start().await;
    let operator = Operator::of(&app);
    let pool = operator.pool(codes(1)).await;
    let claim = async |eid: &str| {
        let body = json!({ "universalIntegratedCircuitCardIdentifier": eid });
        operator.claimer.post(&format!("{pool}/esimpool.claim"), body).await
    };
    claim("89049032123451234512345678901234").await.is_refused(400, "BadRequest");
    let state = json!({
        "state": "installed",
        "universalIntegratedCircuitCardIdentifier": "89049032123451234512345678901234",
    });
    operator
        .writer
        .post(&format!("{pool}/deviceStates"), state)
        .await
        .is_refused(400, "BadRequest");
    claim("89049032123451234512345678901235").await.is(201);
}

async fn a_device_is_known_by_its_eid_or_else_by_its_name() {
    let app = TestApp::start(Engine::Sqlite).await;
    let operator = Operator::of(&app);
    let pool = operator.pool(codes(5)).await;
    let claim = async |eid: Option<&str>, name: Option<&str>| {
        let body = json!({
            "universalIntegratedCircuitCardIdentifier": eid,
            "deviceName": name,
        });
        let answer = operator.claimer.post(&format!("{pool}/esimpool.claim"), body).await;
        (answer.status.as_u16(), claimed_iccid(&answer.json()).to_owned())
    };
    assert_eq!(claim(Some("e1"), Some("phone")).await, (201, iccid(0)));
    assert_eq!(claim(Some("e1"), Some("renamed")).await, (200, iccid(0)));
    assert_eq!(claim(Some("e1"), None).await, (200, iccid(0)));
    // The same name without an EID is another device, for all that is known.
    assert_eq!(claim(None, Some("phone")).await, (201, iccid(1)));
    assert_eq!(claim(None, Some("phone")).await, (200, iccid(1)));
    assert_eq!(claim(None, Some("Phone")).await, (201, iccid(2)));
    // Blanks and hyphens are no part of an EID, nor blanks around a name.
    for eid in ["e 1", "e-1", " e1 "] {
        assert_eq!(claim(Some(eid), None).await, (200, iccid(0)), "{eid}");
    }
    for name in ["Phone ", " Phone", "\tPhone"] {
        assert_eq!(claim(None, Some(name)).await, (200, iccid(2)), "{name}");
    }
    // A name that looks like an EID is none.
    assert_eq!(claim(None, Some("e1")).await, (201, iccid(3)));
    // What is shown is what was sent.
    assert_eq!(claim(None, Some(" Laptop 7 ")).await, (201, iccid(4)));
    let named = format!("{pool}/deviceStates?$filter=deviceName eq ' Laptop 7 '&$count=true");
    assert_eq!(operator.writer.get(&named).await.is(200).json()["@odata.count"], 1);
}
