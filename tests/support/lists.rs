//! Lists of entities.

use serde_json::{Value, json};

use crate::support::{Actor, POOLS, codes};

pub fn ids(page: &Value) -> Vec<String> {
    let value = page["value"].as_array().unwrap_or_else(|| panic!("{page}"));
    value.iter().map(|entity| entity["id"].as_str().expect("an id").to_owned()).collect()
}

pub fn names(page: &Value) -> Vec<String> {
    let value = page["value"].as_array().unwrap_or_else(|| panic!("{page}"));
    value.iter().map(|entity| entity["displayName"].as_str().expect("a name").to_owned()).collect()
}

pub async fn create_pools(writer: &Actor, names: &[&str]) {
    for (number, name) in names.iter().enumerate() {
        let body = json!({ "displayName": name, "activationCodes": codes(number) });
        writer.post(POOLS, body).await.is(201);
    }
}
