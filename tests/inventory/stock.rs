//! Stock and codes, without secrets.

use std::time::Duration;

use esimpool::auth::Permission;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::operator::{Operator, stock_counts};
use crate::support::process::{Server, run};
use crate::support::{Actor, Engine, POOLS, TestApp, cases, code, codes, iccid};

cases! {
    both: [
        codes_are_counted_by_state_and_by_operator,
        codes_are_listed_filtered_and_paged_without_their_secrets,
    ],
    once: [
        the_threshold_comes_from_the_settings_unless_the_pool_has_its_own,
        a_pool_that_runs_low_is_logged,
        a_pool_that_runs_out_at_once_is_logged,
    ],
}

fn of_operator(number: usize, host: &str) -> Value {
    let mut code = code(number);
    code["smdpPlusServerAddress"] = host.into();
    code
}

async fn codes_are_counted_by_state_and_by_operator(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let nothing = operator.writer.get(&format!("{POOLS}/esimpool.stock")).await.is(200).json();
    assert_eq!(stock_counts(&nothing), [0, 0, 0, 0, 0]);
    assert_eq!((&nothing["lastMovementDateTime"], &nothing["isLow"]), (&Value::Null, &Value::Null));

    let mixed = vec![
        of_operator(0, "smdp.example.com"),
        of_operator(1, "SMDP.example.com"),
        of_operator(2, "other.example.net"),
    ];
    let pool = operator.pool(mixed).await;
    let second = operator.pool(vec![code(3)]).await;
    let claimed = operator.claim(&pool, "phone").await.is(201).json();
    let stock = operator.stock(&pool).await;
    assert_eq!(stock_counts(&stock), [3, 2, 1, 0, 0]);
    assert_eq!(
        stock["byOperator"],
        json!([
            { "smdpPlusServerAddress": "other.example.net", "total": 1, "free": 1 },
            { "smdpPlusServerAddress": "smdp.example.com", "total": 2, "free": 1 },
        ])
    );
    let by_state = stock["byState"].as_array().expect("a list");
    assert_eq!(by_state.len(), 10, "every state, those of no code included");
    let count = |state: &str| {
        by_state.iter().find(|it| it["state"] == state).expect("a state")["count"].clone()
    };
    assert_eq!(
        (count("notEvaluated"), count("installing"), count("failed")),
        (json!(2), json!(1), json!(0))
    );
    assert_eq!(stock["lastMovementDateTime"], claimed["deviceState"]["createdDateTime"]);
    let all = operator.writer.get(&format!("{POOLS}/esimpool.stock")).await.is(200).json();
    assert_eq!(stock_counts(&all), [4, 3, 1, 0, 0]);
    assert_eq!(stock_counts(&operator.stock(&second).await), [1, 1, 0, 0, 0]);
    let stranger = app.tenant("fabrikam").caller(Permission::ConfigurationReadAll);
    stranger.get(&format!("{pool}/esimpool.stock")).await.is_refused(404, "ResourceNotFound");
    let theirs = stranger.get(&format!("{POOLS}/esimpool.stock")).await.is(200).json();
    assert_eq!(stock_counts(&theirs), [0, 0, 0, 0, 0]);
}

async fn codes_are_listed_filtered_and_paged_without_their_secrets(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let pool = operator.pool(codes(25)).await;
    for device in 0..5 {
        operator.claim(&pool, &format!("device {device}")).await.is(201);
    }
    let path = format!("{pool}/esimpool.codes");
    let mut seen = Vec::new();
    let mut next = Some(format!("{path}?$top=7&$count=true"));
    while let Some(link) = next {
        let page = operator.writer.get(&link).await.is(200);
        assert!(!page.text().contains("MATCH-"), "{}", page.text());
        let page = page.json();
        assert_eq!(page["@odata.count"], 25);
        seen.extend(page["value"].as_array().expect("a list").clone());
        next = page["@odata.nextLink"].as_str().map(str::to_owned);
    }
    for (place, code) in seen.iter().enumerate() {
        assert_eq!(
            (&code["position"], &code["integratedCircuitCardIdentifier"]),
            (&json!(place), &json!(iccid(place)))
        );
        assert_eq!(code["matchingIdentifier"], "********");
        assert_eq!(code["deviceStateId"].is_string(), place < 5);
    }
    for (query, count) in [
        ("$filter=state eq 'notEvaluated'", 20),
        ("$filter=state in ('installing','installed')", 5),
        ("$filter=state ne 'quarantined' and position ge 20", 5),
        ("$filter=startswith(integratedCircuitCardIdentifier,'8944')", 25),
        ("$filter=smdpPlusServerAddress eq 'elsewhere.example.com'", 0),
    ] {
        let counted = operator.writer.get(&format!("{path}/$count?{query}")).await.is(200).text();
        assert_eq!(counted, count.to_string(), "{query}");
    }
    let last = format!("{path}?$orderby=position desc&$top=1&$select=position,state");
    let last = operator.writer.get(&last).await.is(200).json();
    assert_eq!(last["value"][0]["position"], 24);
    assert_eq!(last["value"][0]["matchingIdentifier"], Value::Null, "it was not selected");
    operator
        .writer
        .get(&format!("{path}?$filter=matchingIdentifier eq 'x'"))
        .await
        .is_refused(400, "BadRequest");
    operator
        .writer
        .get(&format!("{POOLS}/none/esimpool.codes"))
        .await
        .is_refused(404, "ResourceNotFound");
    operator.claimer.get(&path).await.is_refused(403, "Forbidden");
}

async fn the_threshold_comes_from_the_settings_unless_the_pool_has_its_own() {
    let app = TestApp::with(Engine::Sqlite).set("codes.low_stock_threshold", 3).start().await;
    let operator = Operator::of(&app);
    let pool = operator.pool(codes(5)).await;
    let path = format!("{pool}/esimpool.stock");
    let low = async || {
        let stock = operator.stock(&pool).await;
        (stock["lowStockThreshold"].clone(), stock["isLow"].clone())
    };
    let set = async |body: Value| operator.writer.patch(&path, body).await;
    assert_eq!(low().await, (json!(3), json!(false)));
    set(json!({ "lowStockThreshold": 5 })).await.is(204);
    assert_eq!(low().await, (json!(5), json!(true)));
    // What was read may be sent back, with another threshold in it.
    let mut read = operator.stock(&pool).await;
    read["lowStockThreshold"] = json!(4);
    set(read).await.is(204);
    assert_eq!(low().await, (json!(4), json!(false)));
    set(json!({ "lowStockThreshold": null })).await.is(204);
    assert_eq!(low().await, (json!(3), json!(false)));
    for body in [
        json!({}),
        json!({ "lowStockThreshold": -1 }),
        json!({ "lowStockThreshold": "5" }),
        json!({ "lowStockThreshold": 5_000_000_000_u64 }),
        json!({ "threshold": 5 }),
    ] {
        set(body).await.is_refused(400, "BadRequest");
    }
    let nowhere = format!("{POOLS}/none/esimpool.stock");
    operator
        .writer
        .patch(&nowhere, json!({ "lowStockThreshold": 1 }))
        .await
        .is_refused(404, "ResourceNotFound");
}

/// A server whose log can be read, and who speaks to it.
fn with_a_log(folder: &TempDir) -> (Server, Operator) {
    let url = format!("sqlite://{}/esimpool.db", folder.path().display());
    let server = Server::start(folder.path(), &url);
    let data_dir = folder.path().to_str().expect("a path");
    let token = |name: &str| {
        let output = run(&["--data-dir", data_dir, "token", "--permission", name], folder.path());
        String::from_utf8(output.stdout).expect("text").trim().to_owned()
    };
    let writer =
        Actor::new(server.addr, Some(&token("DeviceManagementConfiguration.ReadWrite.All")));
    let claimer = Actor::new(server.addr, Some(&token("EmbeddedSIMActivationCode.Claim.All")));
    (server, Operator { writer, claimer })
}

async fn a_pool_that_runs_low_is_logged() {
    let folder = crate::support::app::new_folder();
    let (server, operator) = with_a_log(&folder);
    let full = operator.pool(codes(50)).await;
    let few = operator.pool(vec![code(100), code(101)]).await;
    operator.claim(&full, "phone").await.is(201);
    operator.claim(&few, "phone").await.is(201);
    let id = |pool: &str| pool.rsplit('/').next().expect("an id").to_owned();
    let log = server.end_and_read_log();
    let warning = log.lines().find(|line| line.contains("the stock is low"));
    let warning: Value = serde_json::from_str(warning.expect("a warning")).expect("JSON");
    assert_eq!(
        (&warning["level"], &warning["pool"], &warning["free"]),
        (&json!("WARN"), &json!(id(&few)), &json!(1))
    );
    assert_eq!(log.matches("the stock is low").count(), 1, "the other has enough");
}

async fn a_pool_that_runs_out_at_once_is_logged() {
    let folder = crate::support::app::new_folder();
    let (server, operator) = with_a_log(&folder);
    let pool = operator.pool(codes(30)).await;
    let claims = (0..30).map(|n| {
        let (operator, pool) = (&operator, &pool);
        async move { operator.claim(pool, &format!("device {n}")).await.is(201) }
    });
    futures_util::future::join_all(claims).await;
    // The last of them were skipped: the stock is checked again when the pause is over.
    let empty = |log: &str| {
        log.lines().any(|line| line.contains("the stock is low") && line.contains("\"free\":0"))
    };
    let mut tick = tokio::time::interval(Duration::from_millis(50));
    let told = async {
        while !empty(&server.log()) {
            tick.tick().await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), told).await.expect("a warning");
    // A pool without codes is logged when a claim on it fails.
    let dry = operator.pool(vec![]).await;
    operator.claim(&dry, "phone").await.is_refused(409, "NoFreeActivationCode");
    let id = dry.rsplit('/').next().expect("an id");
    let log = server.end_and_read_log();
    let mut warnings = log.lines().filter(|line| line.contains("the stock is low"));
    assert!(warnings.any(|line| line.contains(id)), "{log}");
}
