//! The statements for a database whose tables are distributed: they are the same whether Citus executes
//! them or not, and so they are checked without it.

use crate::support::app::tenant_id;
use crate::support::database::execute;
use crate::support::everything::ask_for_everything;
use crate::support::plans::{fill_tenant, log_plans, logged_plans};
use crate::support::tenancy::broken_rules;
use crate::support::{Engine, TestApp, cases};

cases! {
    needs: private_postgres,
    postgres: [each_statement_is_executed_where_its_tenant_is],
    once: [what_would_be_executed_on_all_nodes_is_found],
}

fn private_postgres() -> Option<&'static str> {
    std::env::var_os("TEST_DATABASE_URL")
        .map(|_| "statements are read from the log of a private Postgres")
}

/// What concerns all tenants: the metrics, and when the last change was made. And what is rare, and may be
/// collected and copied: no constraint can be violated.
const EXEMPT: [&str; 5] = [
    "from stock_entries\n            group by state",
    "from pools) as all_pools",
    "from tenants",
    "with code as (update activation_codes as code",
    // What PostgreSQL asks itself to keep references whole: within a node.
    "ONLY \"public\".",
];

async fn each_statement_is_executed_where_its_tenant_is() {
    let app = TestApp::start(Engine::Postgres).await;
    let tenant = tenant_id("contoso").to_string();
    fill_tenant(&app.database, &tenant, 2, 200).await;
    execute(&app.database, "update key_state set distributed = true").await;
    log_plans(&app.database).await;
    let app = app.restart().await;
    ask_for_everything(&app).await;
    let (_folder, database) = app.stop().await;

    let texts: Vec<_> = logged_plans(&database).into_keys().collect();
    assert!(texts.len() >= 100, "{} statements: {texts:#?}", texts.len());
    let joined = "from tenants join unnest";
    assert!(texts.iter().any(|text| text.contains(joined)), "{texts:#?}");
    let is_exempt =
        |text: &str| EXEMPT.iter().any(|part| text.contains(part)) && !text.contains(joined);
    let bad = texts.iter().filter(|text| !is_exempt(text)).filter_map(|text| {
        let broken = broken_rules(text);
        (!broken.is_empty()).then(|| format!("{text}\n{broken:#?}"))
    });
    let bad: Vec<_> = bad.collect();
    assert!(bad.is_empty(), "{}", bad.join("\n\n"));
}

async fn what_would_be_executed_on_all_nodes_is_found() {
    for (statement, broken) in [
        ("select id from pools where tenant_id = $1 and id = $2", &[][..]),
        ("select id from pools where id = $2", &["pools has no tenant_id = $n"]),
        ("select id from pools where tenant_id <> $1", &["pools has no tenant_id = $n"]),
        (
            "select 1 from activation_codes as code
             where code.tenant_id = $1
               and (select true from handouts where handouts.tenant_id = code.tenant_id) is null",
            &["handouts has no tenant_id = $n"],
        ),
        (
            "select id from pools join handouts on handouts.pool_id = pools.id
             where pools.tenant_id = $1",
            &["handouts has no tenant_id = $n"],
        ),
        (
            "select * from (select tenant_id, id from pools as pool) as page where tenant_id = $1",
            &[],
        ),
        (
            "select * from (select tenant_id, id from pools as pool) as page where id = $1",
            &["pools has no tenant_id = $n"],
        ),
        (
            "select * from unnest($2::uuid[]) as need (needed, wanted) cross join lateral
               (select id from pools where tenant_id = $1 and id = needed limit wanted) as pool",
            &["limit wanted"],
        ),
        (
            "insert into pools (tenant_id, id) select $1, id from unnest($2::uuid[]) as new (id)",
            &["the insert into pools would be collected and copied"],
        ),
        (
            "insert into pools (tenant_id, id) select tenants.tenant_id, id
             from tenants join unnest($2::uuid[]) as new (id) on tenants.tenant_id = $1",
            &[],
        ),
        (
            "with part_0 as (insert into pools (tenant_id, id) values ($1, $2))
             insert into handouts (tenant_id, id) values ($1, $2)",
            &[
                "the insert into pools is a part of another statement",
                "the insert into handouts is a part of another statement",
            ],
        ),
        ("update pools set revision = 2 where id = $1", &["pools has no tenant_id = $n"]),
        ("delete from pools as old where old.tenant_id = $1 and old.id = $2", &[]),
        (
            "select id from pools where tenant_id = $1 union all select id from handouts",
            &["handouts has no tenant_id = $n"],
        ),
        ("select id from pools where note = 'tenant_id = $1'", &["pools has no tenant_id = $n"]),
    ] {
        assert_eq!(broken_rules(statement), broken, "{statement}");
    }
}
