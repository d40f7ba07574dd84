//! The stock in the metrics, and the alerts on it.

use std::collections::BTreeSet;

use crate::support::documents::document;
use crate::support::operator::Operator;
use crate::support::{Actor, Engine, TestApp, cases, code};

cases! {
    both: [the_stock_is_in_the_metrics],
    once: [alert_rules_name_metrics_that_exist],
}

async fn the_stock_is_in_the_metrics(engine: Engine) {
    let app = TestApp::with(engine).set("codes.low_stock_threshold", 1).start().await;
    let operator = Operator::of(&app);
    let pool = operator.pool((0..3).map(code).collect()).await;
    operator.pool(vec![code(3)]).await;
    operator.pool(vec![]).await;
    operator.claim(&pool, "a").await.is(201);
    let metrics = Actor::new(app.admin_addr, None).get("/metrics").await.is(200).text();
    for line in [
        "esimpool_codes{state=\"notEvaluated\"} 3",
        "esimpool_codes{state=\"installing\"} 1",
        "esimpool_codes{state=\"quarantined\"} 0",
        "esimpool_pools 3",
        "esimpool_pools_low 2",
        "esimpool_pools_empty 1",
    ] {
        assert!(metrics.lines().any(|it| it == line), "{line}: {metrics}");
    }
    assert!(!metrics.contains("stock_read_timestamp_seconds 0"), "{metrics}");
}

async fn alert_rules_name_metrics_that_exist() {
    let app = TestApp::start(Engine::Sqlite).await;
    let metrics = Actor::new(app.admin_addr, None).get("/metrics").await.is(200).text();
    let rules = std::fs::read_to_string(document("config/alerts.yml")).expect("the rules");
    let words = rules.split(|it: char| !it.is_ascii_alphanumeric() && it != '_');
    let names: BTreeSet<_> = words.filter(|word| word.starts_with("esimpool_")).collect();
    assert!(names.len() >= 4, "{names:?}");
    for name in names {
        let is_it = |line: &str| line.starts_with(&format!("# TYPE {name} "));
        assert!(metrics.lines().any(is_it), "{name}: {metrics}");
    }
    // With promtool, of Debian's package prometheus, they are tested as well.
    let test = document("config/alerts.test.yml");
    match std::process::Command::new("promtool").args(["test", "rules"]).arg(test).output() {
        Ok(output) => assert!(output.status.success(), "{output:?}"),
        Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::NotFound, "{error}"),
    }
}
