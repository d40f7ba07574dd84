//! The span of a request, which a subscriber can ask for.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::process::{Server, token};
use crate::support::{Actor, POOLS, cases};

cases! {
    once: [
        a_request_has_a_span_with_its_route_status_and_tenant,
        without_a_subscriber_there_is_no_span,
    ],
}

/// The log lines of two requests, one of them a part of a batch.
async fn log_of_requests(folder: &Path, filter: &str) -> Vec<Value> {
    let url = format!("sqlite://{}/x.db", folder.display());
    let settings = [("ESIMPOOL__LOG__FORMAT", "json"), ("ESIMPOOL__LOG__FILTER", filter)];
    let server = Server::try_start(folder, &url, &settings).expect("it starts");
    let token = token(folder, "DeviceManagementConfiguration.ReadWrite.All");
    let caller = Actor::new(server.addr, Some(&token));
    caller.get(&format!("{POOLS}/$count")).await.is(200);
    let part = json!({ "id": "1", "method": "GET", "url": POOLS.replace("/beta", "") });
    caller.post("/beta/$batch", json!({ "requests": [part] })).await.is(200);
    let log = server.end_and_read_log();
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let answered: Vec<_> = lines.filter(|line| line["message"] == "answered").collect();
    assert_eq!(answered.len(), 3, "{log}");
    answered
}

async fn a_request_has_a_span_with_its_route_status_and_tenant() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let filter = "esimpool=info,esimpool::request=debug";
    let lines = log_of_requests(folder.path(), filter).await;
    for line in &lines {
        let span = &line["span"];
        assert_eq!(span["name"], "request", "{line}");
        for field in ["method", "route", "status", "tenant", "request_id"] {
            assert_eq!(span[field], line[field], "{field}: {line}");
        }
        assert_eq!(span["status"], 200, "{line}");
    }
    let [count, part, batch] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!(count["span"]["route"], format!("{POOLS}/$count"));
    assert_eq!(part["spans"][0]["request_id"], batch["request_id"], "inside the batch's span");
    assert_eq!(part["part_of"], batch["request_id"]);
}

async fn without_a_subscriber_there_is_no_span() {
    let folder = tempfile::TempDir::new().expect("a folder");
    for line in log_of_requests(folder.path(), "esimpool=info,warn").await {
        assert_eq!((&line["span"], &line["spans"]), (&Value::Null, &Value::Null), "{line}");
    }
}
