//! Health checks and metrics.

use crate::support::app::tenant_id;
use crate::support::{Actor, EXAMPLE, Engine, POOLS, TestApp, cases};

cases! {
    both: [readiness_names_the_engine],
    once: [metrics_count_answers_and_name_neither_tenant_nor_pool],
}

async fn readiness_names_the_engine(engine: Engine) {
    let app = TestApp::start(engine).await;
    let name = if engine == Engine::Sqlite { "SQLite" } else { "PostgreSQL" };
    assert_eq!(app.anonymous().get("/readyz").await.is(200).json()["engine"], name);
    assert_eq!(app.anonymous().get("/livez").await.is(200).json()["status"], "ok");
}

async fn metrics_count_answers_and_name_neither_tenant_nor_pool() {
    let app = TestApp::start(Engine::Sqlite).await;
    let created = app.writer().post(POOLS, EXAMPLE).await.is(201).json();
    app.anonymous().get(POOLS).await.is(401);
    for path in 0..50 {
        app.anonymous().get(&format!("/unknown/{path}")).await.is(400);
    }
    let admin = Actor::new(app.admin_addr, None);
    let metrics = admin.get("/metrics").await.is(200).text();
    let line = |text: &str| metrics.lines().any(|line| line == text);
    assert!(
        line(&format!(
            "esimpool_http_requests_total{{method=\"POST\",route=\"{POOLS}\",status=\"201\"}} 1"
        )),
        "{metrics}"
    );
    assert!(
        line("esimpool_http_requests_total{method=\"GET\",route=\"-\",status=\"400\"} 50"),
        "{metrics}"
    );
    assert!(line("esimpool_http_request_duration_seconds_count 52"), "{metrics}");
    assert!(
        !metrics.contains(created["id"].as_str().expect("an id"))
            && !metrics.contains("tenant=")
            && !metrics.contains(&tenant_id("contoso").to_string())
    );
    // The admin listener is not the clients', and theirs has no metrics.
    admin.get(POOLS).await.is(404);
    app.anonymous().get("/metrics").await.is(400);
}
