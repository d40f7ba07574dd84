//! Codes and device states of all pools, and the history of a code.

use std::fmt::Write as _;

use esimpool::auth::Permission;
use serde_json::{Value, json};

use crate::support::audit::audit_entries;
use crate::support::bodies::eid;
use crate::support::import::carrier_file;
use crate::support::operator::{Operator, device_state_path};
use crate::support::{AUDIT_EVENTS, Engine, POOLS, TestApp, cases, iccid};

cases! {
    both: [
        codes_of_all_pools_are_found_by_every_property,
        device_states_of_all_pools_are_found_by_every_property,
        pages_of_a_tenants_lists_have_everything_once,
        the_history_of_a_code_is_a_filter_on_the_audit_log,
    ],
}

const ICCID: &str = "integratedCircuitCardIdentifier";
const EID: &str = "universalIntegratedCircuitCardIdentifier";

/// Two pools: in each the codes of three numbers, one of which is bound to an EID. Of the second pool,
/// one is installed, one failed.
async fn two_pools(operator: &Operator) -> [String; 2] {
    let mut pools = Vec::new();
    for (first, label) in [(0, "spring"), (10, "autumn")] {
        let mut file = "ICCID,Matching ID,SM-DP+,EID,Label\n".to_owned();
        for number in first..first + 3 {
            let bound = if number == first { eid(7) } else { String::new() };
            writeln!(file, "{},M-{number},smdp.example.com,{bound},{label}", iccid(number))
                .expect("memory takes all");
        }
        pools.push(operator.import(file).await);
    }
    for (number, device) in [(11, "Laptop 7"), (12, "Tablet 2")] {
        let body = json!({
            "deviceName": device,
            "userName": format!("{device}@contoso.com"),
            EID: eid(u32::try_from(number).expect("few")),
            ICCID: iccid(number),
        });
        let claimed =
            operator.claimer.post(&format!("{}/esimpool.claim", pools[1]), body).await.is(201);
        let state = if number == 11 { "installed" } else { "failed" };
        let path = device_state_path(&pools[1], &claimed);
        operator.writer.patch(&path, json!({ "state": state })).await.is(200);
    }
    pools.try_into().expect("two")
}

/// The ICCIDs that a filter finds, in the order of the list.
async fn found(operator: &Operator, list: &str, filter: &str) -> Vec<String> {
    let path = format!("{POOLS}/{list}?$count=true&$filter={filter}");
    let page = operator.writer.get(&path).await.is(200).json();
    let value = page["value"].as_array().expect("a list").clone();
    assert_eq!(page["@odata.count"], value.len(), "{filter}");
    let counted = format!("{POOLS}/{list}/$count?$filter={filter}");
    let counted = operator.writer.get(&counted).await.is(200).text();
    assert_eq!(counted, value.len().to_string(), "{filter}");
    value.iter().map(|it| it[ICCID].as_str().unwrap_or("none").to_owned()).collect()
}

async fn codes_of_all_pools_are_found_by_every_property(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let [first, second] = two_pools(&operator).await;
    let id = |path: &str| path.rsplit('/').next().expect("an id").to_owned();
    let (all, held) = ([0, 1, 2, 10, 11, 12].map(iccid), iccid(11));
    for (filter, expected) in [
        ("", &all[..]),
        (&*format!("{ICCID} eq '{held}'"), &all[4..5]),
        (&*format!("poolId eq '{}'", id(&first)), &all[..3]),
        (&*format!("poolId eq '{}' and state eq 'quarantined'", id(&second)), &all[5..]),
        ("label eq 'autumn'", &all[3..]),
        ("label eq 'autumn' and state eq 'notEvaluated'", &all[3..4]),
        ("state eq 'installed'", &all[4..5]),
        ("state in ('installed','quarantined')", &all[4..]),
        ("state ne 'notEvaluated'", &all[4..]),
        ("not (state eq 'quarantined')", &all[..5]),
        ("state eq 'failed'", &[]),
        ("state eq 'handedOutElsewhere'", &[]),
        (&*format!("boundToEid eq '{}'", eid(7)), &[iccid(0), iccid(10)]),
        ("deviceName eq 'Laptop 7'", &all[4..5]),
        ("deviceName eq 'laptop 7'", &[]),
        ("tolower(deviceName) eq 'laptop 7'", &all[4..5]),
        ("deviceName ne 'Laptop 7'", &[0, 1, 2, 10, 12].map(iccid)),
        ("startswith(deviceName,'Laptop')", &all[4..5]),
        ("userName eq 'Tablet 2@contoso.com'", &all[5..]),
        (&*format!("{EID} eq '{}'", eid(12)), &all[5..]),
        (&*format!("{EID} eq '{}' or label eq 'spring'", eid(12)), &[0, 1, 2, 12].map(iccid)),
    ] {
        let filter = if filter.is_empty() { "position ge 0" } else { filter };
        assert_eq!(found(&operator, "esimpool.codes", filter).await, expected, "{filter}");
    }
    let path = format!("{POOLS}/esimpool.codes?$filter=deviceName eq 'Laptop 7'");
    let page = operator.writer.get(&path).await.is(200).json();
    let code = &page["value"][0];
    assert_eq!(
        (&code["poolId"], &code["state"], &code["deviceName"], &code[EID]),
        (&json!(id(&second)), &json!("installed"), &json!("Laptop 7"), &json!(eid(11)))
    );
    assert_eq!(code["matchingIdentifier"], "********");
    assert!(!page.to_string().contains("M-11"), "a secret: {page}");
    // A code that was handed out from another pool is found as such.
    let body = json!({ "displayName": "twin", "activationCodes": [{
        ICCID: iccid(11), "matchingIdentifier": "M-11", "smdpPlusServerAddress": "smdp.example.com",
    }] });
    operator.writer.post(POOLS, body).await.is(201);
    let elsewhere = found(&operator, "esimpool.codes", "state eq 'handedOutElsewhere'").await;
    assert_eq!(elsewhere, [iccid(11)]);
    assert_eq!(found(&operator, "esimpool.codes", "state eq 'installed'").await, [iccid(11)]);
    // Another tenant has none of it.
    let stranger = app.tenant("fabrikam").caller(Permission::ConfigurationReadWriteAll);
    for list in ["esimpool.codes", "esimpool.deviceStates"] {
        let page = stranger.get(&format!("{POOLS}/{list}")).await.is(200).json();
        assert_eq!(page["value"], json!([]));
    }
}

async fn device_states_of_all_pools_are_found_by_every_property(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let [first, second] = two_pools(&operator).await;
    // One that no claim made.
    let new = json!({ "state": "installed", "deviceName": "Phone" });
    operator.writer.post(&format!("{first}/deviceStates"), new).await.is(201);
    let none = || "none".to_owned();
    for (filter, expected) in [
        ("state ne 'deleted'", vec![none(), iccid(11), iccid(12)]),
        ("state eq 'installed'", vec![none(), iccid(11)]),
        ("state eq 'failed'", vec![iccid(12)]),
        ("deviceName eq 'Phone'", vec![none()]),
        ("tolower(deviceName) eq 'laptop 7'", vec![iccid(11)]),
        ("userName eq 'Laptop 7@contoso.com'", vec![iccid(11)]),
        (&*format!("{EID} eq '{}'", eid(12)), vec![iccid(12)]),
        (&*format!("{ICCID} eq '{}'", iccid(12)), vec![iccid(12)]),
        (&*format!("{ICCID} eq '{}'", iccid(0)), vec![]),
        (&*format!("{ICCID} eq null"), vec![none()]),
        (
            &*format!("poolId eq '{}'", second.rsplit('/').next().expect("an id")),
            vec![iccid(11), iccid(12)],
        ),
    ] {
        assert_eq!(found(&operator, "esimpool.deviceStates", filter).await, expected, "{filter}");
    }
}

async fn pages_of_a_tenants_lists_have_everything_once(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let pools = two_pools(&operator).await;
    for pool in &pools {
        for _ in 0..3 {
            let new = json!({ "state": "installed", "deviceName": "Phone" });
            operator.writer.post(&format!("{pool}/deviceStates"), new).await.is(201);
        }
    }
    for (list, options, count) in [
        ("esimpool.codes", "", 6),
        ("esimpool.codes", "&$orderby=label", 6),
        ("esimpool.codes", "&$orderby=label desc,state", 6),
        ("esimpool.codes", "&$orderby=poolId desc", 6),
        ("esimpool.codes", "&$filter=label eq 'autumn'", 3),
        ("esimpool.deviceStates", "", 8),
        ("esimpool.deviceStates", "&$orderby=deviceName desc", 8),
    ] {
        let mut next = Some(format!("{POOLS}/{list}?$top=2&$select=id,poolId{options}"));
        let mut ids = Vec::new();
        let mut in_pools = Vec::new();
        while let Some(path) = next {
            let page = operator.writer.get(&path).await.is(200).json();
            for it in page["value"].as_array().expect("a list") {
                assert!(it[ICCID].is_null(), "not selected: {it}");
                ids.push(it["id"].as_str().expect("an id").to_owned());
                in_pools.push(it["poolId"].as_str().expect("an id").to_owned());
            }
            next = page["@odata.nextLink"].as_str().map(str::to_owned);
        }
        if options.is_empty() {
            assert!(in_pools.is_sorted(), "by pool: {in_pools:?}");
        }
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count, "{list} {options}");
    }
}

async fn the_history_of_a_code_is_a_filter_on_the_audit_log(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let pool = operator.import(carrier_file(0..3)).await;
    let claimed = operator.claim_as(&pool, ["phone", "", &iccid(1)]).await.is(201);
    let path = device_state_path(&pool, &claimed);
    operator.claim_as(&pool, ["tablet", "", &iccid(2)]).await.is(201);
    operator.claim(&pool, "phone").await.is(200);
    operator.claimer.get(&format!("{path}/esimpool.qr")).await.is(200);
    // A sheet shows several codes.
    operator.claimer.get(&format!("{pool}/esimpool.sheet")).await.is(200);
    operator.writer.patch(&path, json!({ "userName": "ann" })).await.is(200);
    let code = json!({ ICCID: iccid(1) });
    operator.writer.post(&format!("{pool}/esimpool.release"), code.clone()).await.is(200);
    operator.writer.post(&format!("{pool}/esimpool.reinstate"), code).await.is(200);
    let history = async |number: usize| {
        let filter = format!("$orderby=activityDateTime&$filter={ICCID} eq '{}'", iccid(number));
        let entries = audit_entries(&app, &filter).await;
        let activity = |it: &Value| it["activityType"].as_str().expect("a name").to_owned();
        entries.iter().map(activity).collect::<Vec<_>>()
    };
    let expected = [
        "importPool",
        "claim",
        "claimAgain",
        "showCode",
        "showCode",
        "updateDeviceState",
        "release",
        "reinstate",
    ];
    assert_eq!(history(1).await, expected);
    assert_eq!(history(2).await, ["importPool", "claim", "showCode"]);
    assert_eq!(history(0).await, ["importPool"]);
    assert_eq!(history(7).await, [""; 0]);
    // As any filter, with others.
    let path = format!(
        "{AUDIT_EVENTS}/$count?$filter={ICCID} eq '{}' and activityType eq 'showCode'",
        iccid(1)
    );
    assert_eq!(operator.writer.get(&path).await.is(200).text(), "2");
    // The ledger is older than the pool: what was done with a code remains.
    operator.writer.delete(&pool).await.is(204);
    assert_eq!(history(1).await, expected[1..]);
    let stranger = app.tenant("fabrikam").caller(Permission::ConfigurationReadWriteAll);
    let path = format!("{AUDIT_EVENTS}?$filter={ICCID} eq '{}'", iccid(1));
    assert_eq!(stranger.get(&path).await.is(200).json()["value"], json!([]));
}
