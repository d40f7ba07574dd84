//! How the database comes by what each statement asks for.

use std::collections::{BTreeMap, BTreeSet};

use esimpool::http::operations;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::tenant_id;
use crate::support::bodies::{device_state, group};
use crate::support::commands::rotate;
use crate::support::database::execute;
use crate::support::import::{IMPORT, carrier_file, send_csv};
use crate::support::operations::perform;
use crate::support::operator::{Operator, device_state_path};
use crate::support::postgres::Postgres;
use crate::support::{
    AUDIT_EVENTS, Actor, Answer, Database, Engine, POOLS, TestApp, cases, code, iccid, measured,
};

cases! {
    needs: private_postgres,
    postgres: [no_statement_reads_a_whole_table],
}

fn private_postgres() -> Option<&'static str> {
    std::env::var_os("TEST_DATABASE_URL")
        .map(|_| "plans are read from the log of a private Postgres")
}

/// What grows with codes, devices and requests.
const GROWING: [&str; 7] = [
    "pools",
    "activation_codes",
    "handouts",
    "assignments",
    "device_states",
    "audit_events",
    "idempotency_keys",
];

/// A tenant that asks for its stock wants all of its codes counted.
const STOCK: &str = "with counted as";

/// A node of a plan that reads a table.
#[derive(Debug)]
struct Read {
    kind: String,
    /// The table or the index.
    on: String,
    condition: String,
    /// Whether it passes over some of what it reads.
    filtered: bool,
}

/// Every operation is asked for in a database of a million codes, most of them in many ways and by
/// many at once. Whatever the service then sends to Postgres, and whatever Postgres asks itself to
/// keep keys whole, finds its rows by an index, in one tenant's part of it; codes and hand-outs in a
/// pool's part or one by one, unless a tenant wants all of them counted, or whether there are any.
async fn no_statement_reads_a_whole_table() {
    let app = TestApp::start(Engine::Postgres).await;
    app.writer().post(POOLS, json!({ "displayName": "first" })).await.is(201);
    let tenant = tenant_id("contoso").to_string();
    fill(&app.database, &tenant, 100, 10_000).await;
    fill(&app.database, &tenant_id("fabrikam").to_string(), 5, 1000).await;
    execute(&app.database, "vacuum analyze").await;
    write_plans_down(&app.database).await;
    let app = app.restart().await;

    for (number, operation) in operations().iter().enumerate() {
        let answer = perform(&app, operation, number).await;
        assert!(answer.status.is_success(), "{}: {}", operation.name, answer.text());
    }
    let operator = Operator::of(&app);
    let large = format!("{POOLS}/{}", uuid(1, 1));
    lists(&operator, &large).await;
    alone(&operator).await;
    together(&app, &operator).await;
    assert!(rotate(&app, &[]).status.success());
    let (_folder, database) = app.stop().await;

    let plans = plans(&database);
    let texts: BTreeSet<_> = plans.keys().map(String::as_str).collect();
    assert!(texts.len() >= 100, "{} statements: {texts:#?}", texts.len());
    // One alone, and several together.
    for (text, why) in [
        ("select id, display_name", "a pool that is read alone"),
        ("select wanted.n, id, display_name", "pools that are read together"),
    ] {
        assert!(texts.iter().any(|it| it.contains(text)), "{why}: {texts:#?}");
    }
    let bad: Vec<_> = plans
        .iter()
        .filter_map(|(text, plans)| {
            let plan = plans.iter().find(|plan| !is_good(text, plan))?;
            Some(format!("{text}\n{:#?}", reads(plan)))
        })
        .collect();
    assert!(bad.is_empty(), "{}", bad.join("\n\n"));
}

/// Whether a plan reads no more than it must.
fn is_good(text: &str, plan: &Value) -> bool {
    let counts = text.starts_with(STOCK);
    reads(plan).iter().all(|Read { kind, on, condition, filtered }| {
        let of_codes = on.starts_with("activation_codes") || on.starts_with("handouts");
        let any = text.ends_with(" limit 1") && !filtered;
        !kind.ends_with("Seq Scan")
            && condition.contains("tenant_id = ")
            && (!of_codes || counts || any || condition.contains(" AND "))
    })
}

/// The nodes of a plan that read what grows.
fn reads(plan: &Value) -> Vec<Read> {
    let text = |name: &str| plan[name].as_str().unwrap_or_default().to_owned();
    let kind = text("Node Type");
    // The heap behind a bitmap is read where the bitmap says.
    let on = if kind.ends_with("Index Scan") || kind.ends_with("Index Only Scan") {
        text("Index Name")
    } else if kind.ends_with("Seq Scan") {
        text("Relation Name")
    } else {
        String::new()
    };
    let below = plan["Plans"].as_array().into_iter().flatten().flat_map(reads);
    let mut all: Vec<_> = below.collect();
    if GROWING.iter().any(|table| on.starts_with(table)) {
        all.push(Read {
            kind,
            on,
            condition: text("Index Cond"),
            filtered: !plan["Filter"].is_null(),
        });
    }
    all
}

/// The id of that number, as SQL that counts has it too.
fn uuid(kind: u32, number: u32) -> String {
    format!("{kind:08x}-0000-7000-8000-{number:012x}")
}

/// Puts pools of so many codes each into the database, of which every tenth was handed out.
async fn fill(database: &Database, tenant: &str, pools: usize, each: usize) {
    let uuid = |kind: u32, number: &str| {
        format!("('{kind:08x}-0000-7000-8000-' || lpad(to_hex({number}), 12, '0'))::uuid")
    };
    let (pool, pool_of_code) = (uuid(1, "n"), uuid(1, &format!("n / {each} + 1")));
    let (code, assignment) = (uuid(2, "n"), uuid(3, "n"));
    let sql = format!(
        "insert into pools
         select '{tenant}', {pool}, 'pool ' || n, 'pool ' || n, {each}, 1, now(), now()
         from generate_series(1, {pools}) as n;

         insert into activation_codes
         select '{tenant}', {pool_of_code}, n % {each}, {code}, number, 'smdp.example.com',
                decode(repeat('00', 45), 'hex'), 1, sha256(convert_to('{tenant}' || n, 'UTF8')),
                number, case when n % 10 = 0 then 3 else 0 end, now()
         from generate_series(0, {pools} * {each} - 1) as n,
              lateral (select '8988' || lpad(n::text, 15, '0') as number) as named;

         create temporary view taken as
         select * from activation_codes where tenant_id = '{tenant}' and state = 3;

         insert into handouts
         select tenant_id, id, fingerprint, iccid, pool_id, id, position, id, 'name:device ' || iccid,
                now(), 3, now(), 1
         from taken;

         insert into device_states
         select tenant_id, pool_id, id, now(), null, null, 'device ' || iccid, 'device ' || iccid,
                null, null, 3, id, null, null, 1, now(), now()
         from taken;

         insert into audit_events
         select tenant_id, id, now() - position * interval '1 second', 'claim', 'Action', 'Device',
                'app', null, id, '[]'
         from taken;

         insert into idempotency_keys
         select tenant_id, 'somebody', iccid, '', '', now() from taken;

         insert into assignments
         select tenant_id, id, {assignment}, 2, n::text, null, 0, 1, now(), now()
         from pools, generate_series(1, 20) as n where tenant_id = '{tenant}';"
    );
    execute(database, &sql).await;
}

/// From its next session on the database writes each plan into the log.
async fn write_plans_down(database: &Database) {
    let (_, name) = database.url.rsplit_once('/').expect("a name");
    let settings = [
        "session_preload_libraries = auto_explain",
        "auto_explain.log_min_duration = 0",
        "auto_explain.log_nested_statements = on",
        "auto_explain.log_format = json",
        "auto_explain.log_level = log",
    ];
    let set = settings.map(|setting| format!("; alter database {name} set {setting}"));
    // Its settings are known once it is loaded.
    let sql = format!("load 'auto_explain'{}", set.concat());
    execute(database, &sql).await;
}

/// The plans that the log tells of, by the text of their statement.
fn plans(database: &Database) -> BTreeMap<String, Vec<Value>> {
    let (_, name) = database.url.rsplit_once('/').expect("a name");
    let log = Postgres::get().ok().and_then(Postgres::log).expect("ignored where there is none");
    let mut plans: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let mut lines = log.lines().peekable();
    while let Some(line) = lines.next() {
        let mut rest = String::new();
        while let Some(more) = lines.next_if(|line| line.starts_with('\t')) {
            rest.push_str(more);
        }
        if line.contains(&format!(" {name} "))
            && let Ok(mut told) = serde_json::from_str::<Value>(&rest)
            && let Some(text) = told["Query Text"].as_str().map(str::to_owned)
        {
            plans.entry(text).or_default().push(told["Plan"].take());
        }
    }
    plans
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
    for path in ["esimpool.stock", "esimpool.export", "esimpool.codes?$top=999"] {
        reader.get(&format!("{pool}/{path}")).await.is(200);
    }
}

fn numbered(numbers: std::ops::Range<usize>) -> Vec<Value> {
    numbers.map(code).collect()
}

/// Changes by somebody without company, in ways that the table of operations does not show.
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

/// Files of few codes and of many, in every mode.
async fn imports(writer: &Actor, pool: &str) {
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
