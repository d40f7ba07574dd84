//! Entries of the audit log.

use serde_json::Value;

use crate::support::{AUDIT_EVENTS, TestApp};

pub async fn audit_entries(app: &TestApp, query: &str) -> Vec<Value> {
    let page = app.writer().get(&format!("{AUDIT_EVENTS}?{query}")).await.is(200).json();
    page["value"].as_array().expect("a list").clone()
}

pub fn activity_types(entries: &[Value]) -> Vec<&str> {
    entries.iter().map(|entry| entry["activityType"].as_str().expect("a type")).collect()
}
