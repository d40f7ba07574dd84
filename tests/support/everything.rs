//! Everything that the service can be asked for, in many ways and by many at once.

use std::fmt::Write as _;

use esimpool::http::operations;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use super::bodies::{device_state, eid, group};
use super::commands::rotate;
use super::import::{IMPORT, carrier_file, send_csv};
use super::operations::perform;
use super::operator::{Operator, device_state_path};
use super::plans::{finds, numbered_id};
use super::{AUDIT_EVENTS, Actor, Answer, POOLS, TestApp, code, iccid, measured};

/// Asks for each operation, most of them in many ways and by many at once. The tenant has the pools of
/// [`fill_tenant`](super::plans::fill_tenant).
pub async fn ask_for_everything(app: &TestApp) {
    for (number, operation) in operations().iter().enumerate() {
        let answer = perform(app, operation, number).await;
        assert!(answer.status.is_success(), "{}: {}", operation.name, answer.text());
    }
    let operator = Operator::of(app);
    let large = format!("{POOLS}/{}", numbered_id(1, 1));
    lists(&operator, &large).await;
    alone(&operator).await;
    together(app, &operator).await;
    assert!(rotate(app, &[]).status.success());
}

/// Lists of everything, chosen and ordered in every way, and the page that follows.
async fn lists(operator: &Operator, pool: &str) {
    let reader = &operator.writer;
    let (states, codes) = (format!("{pool}/deviceStates"), format!("{pool}/esimpool.codes"));
    let assignments = format!("{pool}/assignments");
    for (path, options) in [
        (POOLS, "$top=5&$skip=5&$count=true"),
        (POOLS, "$filter=startswith(displayName,'pool 1')&$top=5&$count=true"),
        (POOLS, "$filter=contains(tolower(displayName),'ool 2')&$top=5"),
        (POOLS, "$filter=displayName eq 'pool 7'"),
        (POOLS, "$filter=activationCodeCount ge 5&$orderby=displayName desc&$top=5"),
        (POOLS, "$orderby=tolower(displayName),createdDateTime desc&$top=5"),
        (POOLS, "$search=\"pool 9\"&$top=5"),
        (POOLS, "$expand=assignments,deviceStates($top=2;$skip=1)&$top=5"),
        (
            POOLS,
            "$expand=deviceStates($filter=state eq 'installed';$orderby=deviceName;$count=true)&$top=3",
        ),
        (&states, "$top=5&$skip=5&$count=true"),
        (&states, "$filter=state eq 'installed'&$top=5&$count=true"),
        (&states, "$filter=startswith(deviceName,'device 8')&$top=5"),
        (&states, "$filter=contains(tolower(deviceName),'5')&$top=5"),
        (&states, "$filter=deviceName eq 'device 5'"),
        (&states, "$orderby=deviceName desc&$top=5"),
        (&codes, "$top=5&$skip=5&$count=true"),
        (&codes, "$filter=state eq 'notEvaluated'&$top=5&$count=true"),
        (&codes, "$filter=state in ('installing','installed')&$top=5"),
        (&codes, "$filter=startswith(integratedCircuitCardIdentifier,'8988')&$top=5"),
        (&codes, "$filter=contains(integratedCircuitCardIdentifier,'77')&$top=5"),
        (&codes, "$filter=integratedCircuitCardIdentifier eq '8988000000000000077'"),
        (&codes, "$orderby=integratedCircuitCardIdentifier desc&$top=5"),
        (&assignments, "$filter=target/groupId eq '1'&$count=true"),
        (AUDIT_EVENTS, "$top=5&$skip=5&$count=true"),
        (AUDIT_EVENTS, "$filter=category eq 'Device'&$top=5&$count=true"),
        (AUDIT_EVENTS, "$filter=activityDateTime lt 2999-01-01T00:00:00Z&$top=5"),
        (
            AUDIT_EVENTS,
            "$filter=activityType eq 'createPool'&$orderby=activityDateTime desc&$top=5",
        ),
        (AUDIT_EVENTS, "$orderby=activityDateTime desc&$top=5"),
    ] {
        let page = reader.get(&format!("{path}?{options}")).await.is(200).json();
        if let Some(next) = page["@odata.nextLink"].as_str() {
            reader.get(next).await.is(200);
        }
    }
    for (path, filter) in [
        (POOLS, "contains(displayName,'7')"),
        (&states, "state eq 'failed'"),
        (&codes, "state ne 'failed'"),
        (&assignments, "target/groupId eq '2'"),
        (AUDIT_EVENTS, "category eq 'Device'"),
    ] {
        reader.get(&format!("{path}/$count?$filter={filter}")).await.is(200);
    }
    for path in finds() {
        reader.get(&path).await.is(200);
    }
    let all = reader.get(&format!("{POOLS}/esimpool.codes?$top=5")).await.is(200).json();
    reader.get(all["@odata.nextLink"].as_str().expect("a link")).await.is(200);
    for path in ["esimpool.stock", "esimpool.export", "esimpool.codes?$top=999"] {
        reader.get(&format!("{pool}/{path}")).await.is(200);
    }
}

fn numbered(numbers: std::ops::Range<usize>) -> Vec<Value> {
    numbers.map(code).collect()
}

/// Unbatched changes, in ways that the table of operations does not show.
async fn alone(operator: &Operator) {
    let Operator { writer, claimer } = operator;
    let pool = operator.pool(numbered(20_000..20_020)).await;
    let more = json!({ "displayName": "more", "activationCodes": numbered(20_010..20_030) });
    let tag = writer.get(&pool).await.is(200).header("etag").to_owned();
    let update = writer.request(Method::PATCH, &pool).header("if-match", tag);
    Answer::of(update.json(&more)).await.is(200);
    for _ in 0..2 {
        let body = json!({ "displayName": "once", "activationCodes": numbered(20_100..20_103) });
        let create = writer.request(Method::POST, POOLS).header("idempotency-key", "create");
        Answer::of(create.json(&body)).await.is(201);
    }
    let claim = format!("{pool}/esimpool.claim");
    let of_number = json!({
        "deviceName": "of a number",
        "integratedCircuitCardIdentifier": iccid(20_015),
    });
    claimer.post(&claim, of_number.clone()).await.is(201);
    claimer.post(&claim, of_number).await.is(200);
    let key = claimer.request(Method::POST, &claim).header("idempotency-key", "claim");
    Answer::of(key.json(&json!({ "deviceName": "under a key" }))).await.is(201);
    // Its only code was handed out from another pool.
    let twin = operator.pool(numbered(20_015..20_016)).await;
    operator.claim(&twin, "too late").await.is_refused(409, "ActivationCodesHandedOutElsewhere");
    writer.get(&format!("{twin}/esimpool.codes")).await.is(200);
    imports(writer, &pool).await;
    claimer
        .get(&format!("{pool}/esimpool.sheet?$filter=state eq 'installing'&$top=1"))
        .await
        .is(200);
    let assign = json!({ "assignments": [{ "target": group("a") }, { "target": group("b") }] });
    for _ in 0..2 {
        writer.post(&format!("{pool}/assign"), assign.clone()).await.is(200);
    }
    writer.delete(&twin).await.is(204);
}

/// Files of few codes and of many, in every mode, and one of used and bound codes.
async fn imports(writer: &Actor, pool: &str) {
    let mut taken_over = "ICCID,Matching ID,SM-DP+,State,EID\n".to_owned();
    for number in 29_000..29_010_u32 {
        let (state, own) = (["", "used"][number as usize % 2], eid(number));
        writeln!(
            taken_over,
            "{},M-{number},smdp.example.com,{state},{own}",
            iccid(number as usize)
        )
        .expect("memory takes all");
    }
    send_csv(writer, &format!("{IMPORT}?displayName=taken"), taken_over).await.is(201);
    let mut numbers = 30_000;
    for path in [IMPORT, &format!("{pool}/esimpool.import")] {
        for mode in ["strict", "graph", "lenient"] {
            for (count, option) in
                [(3, "partial=true"), (5_000, "dryRun=false"), (3, "dryRun=true")]
            {
                let file = carrier_file(numbers..numbers + count);
                let path = format!("{path}?mode={mode}&{option}");
                let answer = send_csv(writer, &path, file).await;
                assert!(answer.status.is_success(), "{path}: {}", answer.text());
                numbers += count;
            }
        }
    }
}

/// The same by many at once.
async fn together(app: &TestApp, operator: &Operator) {
    const MANY: usize = 60;
    let Operator { writer, .. } = operator;
    let before = measured(app, "database_units_total").await;
    let pools =
        join_all((0..MANY).map(|n| operator.pool(numbered(25_000 + 2 * n..25_002 + 2 * n))));
    let mut pools = pools.await;
    // One text creates one pool and several.
    let units = measured(app, "database_units_total").await - before;
    assert!(units < MANY as u64, "{units} units of work create {MANY} pools");
    pools.push(operator.pool(numbered(26_000..26_000 + MANY)).await);
    let hot = &pools[MANY];
    let claims = |pool: Option<String>| {
        join_all((0..MANY).map(|n| {
            let pool = pool.clone().unwrap_or_else(|| pools[n].clone());
            async move {
                device_state_path(
                    &pool,
                    &operator.claim(&pool, &format!("device {n}")).await.is(201),
                )
            }
        }))
    };
    let states = claims(Some(hot.clone())).await;
    claims(None).await;
    let assignment = json!({ "target": group("c") });
    let assignment = writer.post(&format!("{hot}/assignments"), assignment).await.is(201);
    let log = writer.get(&format!("{AUDIT_EVENTS}?$top=1")).await.is(200).json();
    let entry = format!("{AUDIT_EVENTS}/{}", log["value"][0]["id"].as_str().expect("an id"));
    for kind in [pools[..MANY].to_vec(), states.clone()] {
        join_all(kind.iter().map(async |path| writer.get(path).await.is(200))).await;
    }
    for one in [assignment.header("location"), &entry] {
        join_all((0..MANY).map(async |_| writer.get(one).await.is(200))).await;
    }
    let failed = json!({ "state": "failed", "stateDetails": "no room" });
    let update = async |path: &String| writer.patch(path, failed.clone()).await.is(200);
    join_all(states.iter().map(update)).await;
    let new = format!("{hot}/deviceStates");
    join_all((0..MANY).map(async |_| writer.post(&new, device_state()).await.is(201))).await;
}
