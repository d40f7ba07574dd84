//! Generates files of codes and imports them.

use std::fmt::Write;
use std::ops::Range;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use serde_json::Value;
use tokio::runtime::Runtime;

use super::fixture::POOLS;
use super::iccid::iccid;

/// A carrier's file with the codes of these numbers.
pub fn file(numbers: Range<usize>) -> String {
    let mut file = "smdp.example.com\n".to_owned();
    for number in numbers {
        // Writing to a string cannot fail.
        let _ = writeln!(file, "{},MATCH-{number:012}-001", iccid(number));
    }
    file
}

/// Imports a file as a new pool. Returns its id.
pub fn import(runtime: &Runtime, url: &str, token: &str, file: String) -> Result<String, String> {
    let response = runtime.block_on(async {
        let request = reqwest::Client::new()
            .post(format!("{url}{POOLS}/esimpool.import?displayName=Stock"))
            .header(AUTHORIZATION, format!("Bearer {token}"))
            .header(CONTENT_TYPE, "text/csv")
            .body(file);
        request.send().await?.text().await
    });
    let response = response.map_err(|error| format!("the import: {error}"))?;
    let json: Value = serde_json::from_str(&response).unwrap_or_default();
    json["pool"]["id"].as_str().map(str::to_owned).ok_or(format!("the import: {response}"))
}
