//! CSV files of activation codes, and what an import reports.

use reqwest::header::CONTENT_TYPE;
use reqwest::{Body, Method};
use serde_json::Value;

use super::{Actor, Answer, POOLS, TestApp, iccid};

pub const IMPORT: &str = "/beta/deviceManagement/embeddedSIMActivationCodePools/esimpool.import";

pub async fn send_csv(actor: &Actor, path: &str, file: impl Into<Body>) -> Answer {
    let request = actor.request(Method::POST, path).header(CONTENT_TYPE, "text/csv");
    Answer::of(request.body(file)).await
}

/// A file of the codes of these numbers, as carriers send it.
pub fn carrier_file(numbers: std::ops::Range<usize>) -> String {
    let mut file = "smdp.example.com\n".to_owned();
    for number in numbers {
        file.extend([&iccid(number), ",", &format!("MATCH-{number:06}"), "\n"]);
    }
    file
}

/// The path of a pool as an import tells of it.
pub fn pool_path(pool: &Value) -> String {
    format!("{POOLS}/{}", pool["id"].as_str().expect("an id"))
}

/// Inserted, duplicates, rejected.
pub fn import_counts(report: &Value) -> [i64; 3] {
    ["inserted", "duplicates", "rejectedCount"]
        .map(|name| report[name].as_i64().unwrap_or_else(|| panic!("{name}: {report}")))
}

pub async fn pooled_iccids(actor: &Actor, pool: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut next = Some(format!("{pool}/esimpool.codes?$top=999"));
    while let Some(link) = next {
        let page = actor.get(&link).await.is(200).json();
        let value = page["value"].as_array().expect("a list");
        let iccid = |it: &Value| it["integratedCircuitCardIdentifier"].as_str().map(str::to_owned);
        found.extend(value.iter().filter_map(iccid));
        next = page["@odata.nextLink"].as_str().map(str::to_owned);
    }
    found
}

/// The head of an import whose body comes in chunks.
pub fn chunked_import_head(app: &TestApp) -> String {
    let token = app.writer_token();
    format!(
        "POST {IMPORT} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: text/csv\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n",
        app.addr
    )
}

pub fn chunk(part: &str) -> String {
    format!("{:x}\r\n{part}\r\n", part.len())
}
