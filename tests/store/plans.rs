//! The plans of all statements: no statement reads a whole table.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::app::tenant_id;
use crate::support::database::execute;
use crate::support::everything::ask_for_everything;
use crate::support::plans::{TableRead, fill_tenant, log_plans, logged_plans, reads};
use crate::support::{Engine, POOLS, TestApp, cases};

cases! {
    needs: private_postgres,
    postgres: [no_statement_reads_a_whole_table],
}

fn private_postgres() -> Option<&'static str> {
    std::env::var_os("TEST_DATABASE_URL")
        .map(|_| "plans are read from the log of a private Postgres")
}

/// The metrics count the pools of all tenants, by their kept counts.
const METRICS: &str = "from pools) as all_pools";

/// Every operation is asked for in a database of a million codes, most of them in many ways and by
/// many at once. Whatever the service then sends to Postgres, and whatever Postgres asks itself to
/// keep keys whole, finds its rows by an index, in one tenant's part of it; codes and hand-outs in
/// a pool's part or one by one, unless a tenant wants to know whether there are any.
async fn no_statement_reads_a_whole_table() {
    let app = TestApp::start(Engine::Postgres).await;
    app.writer().post(POOLS, json!({ "displayName": "first" })).await.is(201);
    let tenant = tenant_id("contoso").to_string();
    fill_tenant(&app.database, &tenant, 100, 10_000).await;
    fill_tenant(&app.database, &tenant_id("fabrikam").to_string(), 5, 1000).await;
    execute(&app.database, "vacuum analyze").await;
    log_plans(&app.database).await;
    let app = app.restart().await;

    ask_for_everything(&app).await;
    let (_folder, database) = app.stop().await;

    let plans = logged_plans(&database);
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

/// A client that lists or counts the codes of all pools without a condition wants all of them.
const ALL_CODES: &str = "as code where tenant_id = $1 and 1 = 1";

/// Whether a plan reads no more than it must.
fn is_good(text: &str, plan: &Value) -> bool {
    if text.contains(METRICS) || text.contains(ALL_CODES) {
        return true;
    }
    reads(plan).iter().all(|TableRead { kind, on, condition, filtered }| {
        let of_codes = on.starts_with("activation_codes") || on.starts_with("handouts");
        let any = text.ends_with(" limit 1") && !filtered;
        !kind.ends_with("Seq Scan")
            && condition.contains("tenant_id = ")
            && (!of_codes || any || condition.contains(" AND "))
    })
}
