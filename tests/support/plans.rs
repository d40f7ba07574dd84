//! The plans of all statements, from the log of a private Postgres.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::database::execute;
use crate::support::postgres::Postgres;
use crate::support::{AUDIT_EVENTS, Database, POOLS};

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

/// A node of a plan that reads a table.
#[derive(Debug)]
pub struct TableRead {
    pub kind: String,
    /// The table or the index.
    pub on: String,
    pub condition: String,
    /// Whether it passes over some of what it reads.
    pub filtered: bool,
}

/// The nodes of a plan that read what grows.
pub fn reads(plan: &Value) -> Vec<TableRead> {
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
        all.push(TableRead {
            kind,
            on,
            condition: text("Index Cond"),
            filtered: !plan["Filter"].is_null(),
        });
    }
    all
}

/// From its next session on the database writes each plan into the log.
pub async fn log_plans(database: &Database) {
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
pub fn logged_plans(database: &Database) -> BTreeMap<String, Vec<Value>> {
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

/// The id of that number, as SQL that counts has it too.
pub fn numbered_id(kind: u32, number: u32) -> String {
    format!("{kind:08x}-0000-7000-8000-{number:012x}")
}

/// Puts pools of so many codes each into the database, of which every tenth was handed out.
pub async fn fill_tenant(database: &Database, tenant: &str, pools: usize, each: usize) {
    let uuid = |kind: u32, number: &str| {
        format!("('{kind:08x}-0000-7000-8000-' || lpad(to_hex({number}), 12, '0'))::uuid")
    };
    let (pool, pool_of_code) = (uuid(1, "n"), uuid(1, &format!("n / {each} + 1")));
    let (code, assignment) = (uuid(2, "n"), uuid(3, "n"));
    let sql = format!(
        "insert into tenants values ('{tenant}') on conflict do nothing;

         insert into pools
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
                null, now(), 3, now(), 1
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

/// Lists of all pools by what a code or a device is known by, and the history of a code.
pub fn finds() -> Vec<String> {
    const ICCID: &str = "integratedCircuitCardIdentifier eq '8988000000000000070'";
    const EID: &str =
        "universalIntegratedCircuitCardIdentifier eq '89049032123451234512345678901235'";
    let pool = format!("poolId eq '{}'", numbered_id(1, 1));
    let import = format!("importId eq '{}'", numbered_id(1, 1));
    let of_both = [
        ICCID,
        EID,
        "deviceName eq 'device 8988000000000000070'",
        "tolower(deviceName) eq 'device 8988000000000000070'",
        "userName eq 'ann'",
        "state eq 'failed'",
        &pool,
    ];
    let of_codes = [
        "boundToEid eq '89049032123451234512345678901235'",
        "label eq 'spring'",
        &import,
        "state eq 'quarantined' or label eq 'spring'",
    ];
    let list = |list: &str, filter: &str| {
        format!("{POOLS}/esimpool.{list}?$top=5&$count=true&$filter={filter}")
    };
    let codes = of_both.iter().chain(&of_codes).map(|filter| list("codes", filter));
    let states = of_both.iter().map(|filter| list("deviceStates", filter));
    let history = [ICCID, &pool, "actor/userId eq 'ann'"].map(|filter| {
        ["", "&$orderby=activityDateTime desc"]
            .map(|order| format!("{AUDIT_EVENTS}?$top=5&$filter={filter}{order}"))
    });
    codes.chain(states).chain(history.into_iter().flatten()).collect()
}
