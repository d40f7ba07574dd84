//! An operator of the tenant `contoso`, who fills pools and claims codes.

use esimpool::auth::Permission;
use serde_json::{Value, json};

use super::{AUDIT_EVENTS, Actor, Answer, POOLS, TestApp};

pub struct Operator {
    pub writer: Actor,
    pub claimer: Actor,
}

impl Operator {
    pub fn of(app: &TestApp) -> Self {
        let claimer = app.tenant("contoso").caller(Permission::ActivationCodeClaimAll);
        Self { writer: app.writer(), claimer }
    }

    /// The path of a new pool with these codes.
    pub async fn pool(&self, codes: Vec<Value>) -> String {
        let body = json!({ "displayName": "Spring", "activationCodes": codes });
        let created = self.writer.post(POOLS, body).await.is(201).json();
        format!("{POOLS}/{}", created["id"].as_str().expect("an id"))
    }

    pub async fn claim(&self, pool: &str, device: &str) -> Answer {
        self.claimer.post(&format!("{pool}/esimpool.claim"), json!({ "deviceName": device })).await
    }

    pub async fn stock(&self, pool: &str) -> Value {
        self.writer.get(&format!("{pool}/esimpool.stock")).await.is(200).json()
    }
}

/// The numbers of a stock: total, free, handed out, quarantined, handed out elsewhere.
pub fn stock_counts(stock: &Value) -> [i64; 5] {
    ["total", "free", "handedOut", "quarantined", "handedOutElsewhere"]
        .map(|name| stock[name].as_i64().unwrap_or_else(|| panic!("{name}: {stock}")))
}

pub fn claimed_iccid(answer: &Value) -> &str {
    answer["activationCode"]["integratedCircuitCardIdentifier"].as_str().expect("an ICCID")
}

/// The path of the device state that a claim made.
pub fn device_state_path(pool: &str, claimed: &Answer) -> String {
    let id = claimed.json()["deviceState"]["id"].as_str().expect("an id").to_owned();
    format!("{pool}/deviceStates/{id}")
}

/// What the audit log says of what was shown: names of what was shown, an entry a line.
pub async fn shown_in_audit_log(app: &TestApp) -> Vec<Vec<String>> {
    let path = format!("{AUDIT_EVENTS}?$filter=activityType eq 'showCode'&$top=999");
    let page = app.writer().get(&path).await.is(200).json();
    let names = |entry: &Value| {
        let resources = entry["resources"].as_array().expect("a list").iter();
        resources.filter_map(|it| it["displayName"].as_str().map(str::to_owned)).collect()
    };
    page["value"].as_array().expect("a list").iter().map(names).collect()
}
