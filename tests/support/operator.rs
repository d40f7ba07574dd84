//! An operator of the tenant `contoso`, who fills pools and claims codes.

use esimpool::auth::Permission;
use serde_json::{Value, json};

use super::import::{IMPORT, pool_path, send_csv};
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

    /// A claim of a device that gives some of these: its name, its EID, and the ICCID that it asks for.
    pub async fn claim_as(&self, pool: &str, device: [&str; 3]) -> Answer {
        const EID: &str = "universalIntegratedCircuitCardIdentifier";
        let mut body = json!({});
        for (name, value) in
            ["deviceName", EID, "integratedCircuitCardIdentifier"].into_iter().zip(device)
        {
            if !value.is_empty() {
                body[name] = value.into();
            }
        }
        self.claimer.post(&format!("{pool}/esimpool.claim"), body).await
    }

    /// The path of a new pool with the codes of a file, each line of which is good.
    pub async fn import(&self, file: impl Into<String>) -> String {
        let report = send_csv(&self.writer, IMPORT, file.into()).await.is(201).json();
        assert_eq!(report["rejected"], json!([]));
        pool_path(&report["pool"])
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
