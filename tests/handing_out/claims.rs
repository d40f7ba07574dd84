//! Claims: which code a device gets.

use esimpool::auth::Permission;
use serde_json::{Value, json};

use crate::support::operator::{Operator, claimed_iccid, stock_counts};
use crate::support::{EXAMPLE, Engine, POOLS, TestApp, cases, code, codes, iccid};

cases! {
    both: [
        a_device_gets_one_code_and_the_same_one_when_it_asks_again,
        concurrent_devices_get_one_code_each_until_none_is_left,
        concurrent_claims_of_one_device_get_one_code,
        a_requested_code_is_claimed_if_it_is_free,
    ],
    once: [
        a_claim_returns_everything_that_a_device_can_use,
        a_code_that_fits_no_lpa_string_is_claimed_without_one,
        a_claim_must_identify_its_device,
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

async fn concurrent_devices_get_one_code_each_until_none_is_left(engine: Engine) {
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

async fn concurrent_claims_of_one_device_get_one_code(engine: Engine) {
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

async fn a_requested_code_is_claimed_if_it_is_free(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let pool = operator.pool(codes(3)).await;
    let ask = async |device: &str, iccid: String| {
        let body = json!({ "deviceName": device, "integratedCircuitCardIdentifier": iccid });
        operator.claimer.post(&format!("{pool}/esimpool.claim"), body).await
    };
    // As it is printed on the card: padded, with spaces.
    let spelled = format!("{} {}F", &iccid(2)[..4], &iccid(2)[4..]);
    let given = ask("a", spelled).await.is(201).json();
    assert_eq!(claimed_iccid(&given), iccid(2));
    ask("a", iccid(2)).await.is(200);
    ask("a", iccid(1)).await.is_refused(409, "DeviceHasActivationCode");
    ask("b", iccid(2)).await.is_refused(409, "ActivationCodeNotFree");
    ask("b", iccid(7)).await.is_refused(404, "ResourceNotFound");
    assert_eq!(claimed_iccid(&operator.claim(&pool, "b").await.is(201).json()), iccid(0));
}

async fn a_claim_returns_everything_that_a_device_can_use() {
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

async fn a_code_that_fits_no_lpa_string_is_claimed_without_one() {
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

async fn a_claim_must_identify_its_device() {
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
