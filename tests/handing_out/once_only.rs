//! A code is handed out once, in whichever pools it is.

use esimpool::auth::Permission;
use serde_json::{Value, json};

use crate::support::operator::{Operator, claimed_iccid, stock_counts};
use crate::support::{Engine, POOLS, TestApp, cases, code, codes, iccid};

cases! {
    both: [
        a_code_that_was_handed_out_is_not_free_in_any_pool,
        codes_without_a_matching_id_are_distinguished_by_their_iccids,
        a_host_is_the_same_with_surrounding_spaces_or_a_trailing_dot,
        a_pool_deleted_during_claims_hands_out_no_code_twice,
    ],
}

async fn a_code_that_was_handed_out_is_not_free_in_any_pool(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let (one, two) = (operator.pool(codes(3)).await, operator.pool(codes(3)).await);
    for n in 0..3 {
        operator.claim(&one, &format!("device {n}")).await.is(201);
    }
    // The other pool holds the same codes, and has had no claim yet.
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

async fn codes_without_a_matching_id_are_distinguished_by_their_iccids(engine: Engine) {
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

async fn a_host_is_the_same_with_surrounding_spaces_or_a_trailing_dot(engine: Engine) {
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

async fn a_pool_deleted_during_claims_hands_out_no_code_twice(engine: Engine) {
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
