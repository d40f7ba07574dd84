//! Files of codes, and their way into the service.

use std::fmt::Write;
use std::ops::Range;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use serde_json::Value;
use tokio::runtime::Runtime;

use super::iccid::iccid;
use super::stage::POOLS;

/// A carrier's file of the codes of these numbers.
pub fn file(numbers: Range<usize>) -> String {
    let mut file = "smdp.example.com\n".to_owned();
    for number in numbers {
        // Writing to a string cannot fail.
        let _ = writeln!(file, "{},MATCH-{number:012}-001", iccid(number));
    }
    file
}

/// Imports a file as a new pool: its id.
pub fn import(runtime: &Runtime, url: &str, token: &str, file: String) -> Result<String, String> {
    let answer = runtime.block_on(async {
        let request = reqwest::Client::new()
            .post(format!("{url}{POOLS}/esimpool.import?displayName=Stock"))
            .header(AUTHORIZATION, format!("Bearer {token}"))
            .header(CONTENT_TYPE, "text/csv")
            .body(file);
        request.send().await?.text().await
    });
    let answer = answer.map_err(|error| format!("the import: {error}"))?;
    let json: Value = serde_json::from_str(&answer).unwrap_or_default();
    json["pool"]["id"].as_str().map(str::to_owned).ok_or(format!("the import: {answer}"))
}
