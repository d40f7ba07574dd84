//! Imports that are undone: their free codes are removed, and nothing else.

use esimpool::auth::Permission;
use futures_util::future::join_all;
use serde_json::json;

use crate::support::audit::audit_entries;
use crate::support::bodies::eid;
use crate::support::import::{
    IMPORT, carrier_file, import_counts, pool_path, pooled_iccids, send_csv,
};
use crate::support::operator::{Operator, claimed_iccid, stock_counts};
use crate::support::{Engine, POOLS, TestApp, cases, code, iccid};

cases! {
    both: [
        an_import_is_undone_but_for_codes_that_are_no_longer_free,
        codes_are_removed_by_any_filter_and_never_without_one,
        codes_that_are_added_after_a_removal_are_stored_and_counted,
        claims_during_a_removal_lose_no_code,
    ],
}

async fn remove(operator: &Operator, list: &str, filter: &str) -> [i64; 2] {
    let answer = operator.writer.delete(&format!("{list}?$filter={filter}")).await.is(200).json();
    ["removed", "left"].map(|name| answer[name].as_i64().expect("a number"))
}

async fn an_import_is_undone_but_for_codes_that_are_no_longer_free(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let first = send_csv(&operator.writer, IMPORT, carrier_file(0..3)).await.is(201).json();
    let pool = pool_path(&first["pool"]);
    let append = format!("{pool}/esimpool.import");
    let bound = format!(
        "ICCID,Matching ID,SM-DP+,EID,State\n{},M-1,smdp.example.com,{},\n\
         {},M-2,smdp.example.com,,used\n{},M-3,other.example.com,,\n",
        iccid(10),
        eid(7),
        iccid(11),
        iccid(12),
    );
    let wrong = send_csv(&operator.writer, &append, bound).await.is(200).json();
    let import = wrong["importId"].as_str().expect("an id");
    assert_ne!(first["importId"], wrong["importId"]);
    let event = audit_entries(&app, &format!("$filter=id eq '{import}'")).await;
    assert_eq!(event[0]["activityType"], "importCodes");
    operator.claim_as(&pool, ["phone", "", &iccid(12)]).await.is(201);
    assert_eq!(stock_counts(&operator.stock(&pool).await), [6, 3, 2, 0, 0]);
    let filter = format!("importId eq '{import}'");
    let codes = format!("{POOLS}/esimpool.codes");
    assert_eq!(remove(&operator, &codes, &filter).await, [1, 2]);
    let stock = operator.stock(&pool).await;
    assert_eq!((stock_counts(&stock), &stock["bound"]), ([5, 3, 2, 0, 0], &json!(0)));
    assert_eq!(pooled_iccids(&operator.writer, &pool).await, [0, 1, 2, 11, 12].map(iccid));
    let counted = operator.writer.get(&pool).await.is(200).json();
    assert_eq!(counted["activationCodeCount"], 5);
    // Once more: nothing is free, and nothing is written down.
    assert_eq!(remove(&operator, &format!("{pool}/esimpool.codes"), &filter).await, [0, 2]);
    let entries = audit_entries(&app, "$filter=activityType eq 'removeCodes'").await;
    assert_eq!(entries.len(), 1, "{entries:#?}");
    let properties = entries[0]["resources"][0]["modifiedProperties"].as_array().expect("a list");
    for property in [
        json!({ "displayName": "activationCodeCount", "oldValue": "6", "newValue": "5" }),
        json!({ "displayName": "leftCount", "oldValue": null, "newValue": "2" }),
        json!({ "displayName": "importId", "oldValue": null, "newValue": import }),
    ] {
        assert!(properties.contains(&property), "{properties:?}");
    }
    // The file, corrected: what is known is known.
    let again = format!("smdp.example.com\n{},M-1\n{},M-2\n", iccid(10), iccid(11));
    let again = send_csv(&operator.writer, &append, again).await.is(200).json();
    assert_eq!(import_counts(&again), [1, 1, 0]);
    let given = operator.claim_as(&pool, ["any", "", &iccid(10)]).await.is(201).json();
    assert_eq!(claimed_iccid(&given), iccid(10));
}

async fn codes_are_removed_by_any_filter_and_never_without_one(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let (one, two) =
        (operator.pool(vec![code(1), code(2)]).await, operator.pool(vec![code(1)]).await);
    operator.claim_as(&one, ["phone", "", &iccid(1)]).await.is(201);
    let codes = format!("{POOLS}/esimpool.codes");
    for list in [&codes, &format!("{one}/esimpool.codes")] {
        for query in ["", "?$top=5", "?$filter=", "?$filter=nonsense eq 1"] {
            let refused = operator.writer.delete(&format!("{list}{query}")).await;
            refused.is_refused(400, "BadRequest");
        }
    }
    let filter = format!("integratedCircuitCardIdentifier eq '{}'", iccid(1));
    // The twin in the other pool was handed out elsewhere.
    assert_eq!(remove(&operator, &codes, &filter).await, [0, 2]);
    assert_eq!(remove(&operator, &codes, "state eq 'notEvaluated'").await, [1, 0]);
    assert_eq!(stock_counts(&operator.stock(&one).await), [1, 0, 1, 0, 0]);
    assert_eq!(stock_counts(&operator.stock(&two).await), [1, 0, 0, 0, 1]);
    let nowhere =
        format!("{POOLS}/01a00000-0000-7000-8000-000000000000/esimpool.codes?$filter={filter}");
    operator.writer.delete(&nowhere).await.is(404);
    let reader = app.tenant("contoso").caller(Permission::ConfigurationReadAll);
    reader.delete(&format!("{codes}?$filter={filter}")).await.is(403);
    let stranger = app.tenant("fabrikam").caller(Permission::ConfigurationReadWriteAll);
    let none = stranger.delete(&format!("{codes}?$filter=position ge 0")).await.is(200).json();
    assert_eq!((&none["removed"], &none["left"]), (&json!(0), &json!(0)));
}

async fn codes_that_are_added_after_a_removal_are_stored_and_counted(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let pool = operator.pool((0..6).map(code).collect()).await;
    let codes = format!("{pool}/esimpool.codes");
    for device in 0..2 {
        operator.claim(&pool, &format!("device {device}")).await.is(201);
    }
    // In the middle and at the end.
    assert_eq!(remove(&operator, &codes, "position eq 3").await, [1, 0]);
    operator.writer.patch(&pool, json!({ "activationCodes": [code(10), code(4)] })).await.is(200);
    assert_eq!(stock_counts(&operator.stock(&pool).await), [6, 4, 2, 0, 0]);
    assert_eq!(remove(&operator, &codes, "position ge 5").await, [2, 0]);
    let append = format!("{pool}/esimpool.import");
    let report = send_csv(&operator.writer, &append, carrier_file(20..22)).await.is(200).json();
    assert_eq!(report["pool"]["activationCodeCount"], 6);
    assert_eq!(stock_counts(&operator.stock(&pool).await), [6, 4, 2, 0, 0]);
    let page = operator.writer.get(&codes).await.is(200).json();
    let positions: Vec<_> =
        page["value"].as_array().expect("a list").iter().map(|it| it["position"].clone()).collect();
    assert_eq!(positions, [0, 1, 2, 4, 5, 6]);
    for device in 2..6 {
        operator.claim(&pool, &format!("device {device}")).await.is(201);
    }
    operator.claim(&pool, "too late").await.is_refused(409, "NoFreeActivationCode");
}

async fn claims_during_a_removal_lose_no_code(engine: Engine) {
    const CODES: usize = 60;
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let report = send_csv(&operator.writer, IMPORT, carrier_file(0..CODES)).await.is(201).json();
    let pool = pool_path(&report["pool"]);
    let filter = format!("importId eq '{}'", report["importId"].as_str().expect("an id"));
    let claims = join_all((0..CODES).map(|n| {
        let (operator, pool) = (&operator, &pool);
        async move { operator.claim(pool, &format!("device {n}")).await }
    }));
    let codes = format!("{POOLS}/esimpool.codes");
    let removal = remove(&operator, &codes, &filter);
    let (claims, [removed, left]) = futures_util::future::join(claims, removal).await;
    let given = claims.iter().filter(|it| it.status.as_u16() == 201).count();
    assert!(claims.iter().all(|it| [201, 409].contains(&it.status.as_u16())));
    let given = i64::try_from(given).expect("few");
    assert!(left <= given, "{left} of {given} had been given by then");
    assert_eq!(removed + given, i64::try_from(CODES).expect("few"));
    assert_eq!(stock_counts(&operator.stock(&pool).await), [given, 0, given, 0, 0]);
    let listed = operator.writer.get(&format!("{pool}/esimpool.codes/$count")).await.is(200).text();
    assert_eq!(listed, given.to_string());
}
