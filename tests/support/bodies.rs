//! Bodies as Graph's documentation has them.

use serde_json::{Value, json};

use super::{Actor, POOLS};

/// Creates a pool and gives its path.
pub async fn new_pool(writer: &Actor) -> String {
    let pool = writer.post(POOLS, json!({ "displayName": "pool" })).await.is(201).json();
    format!("{POOLS}/{}", pool["id"].as_str().expect("an id"))
}

pub fn target(kind: &str) -> Value {
    json!({ "@odata.type": format!("#microsoft.graph.{kind}AssignmentTarget") })
}

pub fn group(id: &str) -> Value {
    json!({ "@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": id })
}

/// The reference's example.
pub fn device_state() -> Value {
    json!({
        "@odata.type": "#microsoft.graph.embeddedSIMDeviceState",
        "lastSyncDateTime": "2017-01-01T00:02:49.3205976-08:00",
        "universalIntegratedCircuitCardIdentifier": "Universal Integrated Circuit Card Identifier value",
        "deviceName": "Device Name value",
        "userName": "User Name value",
        "state": "failed",
        "stateDetails": "State Details value"
    })
}

/// An EID with right check digits.
pub fn eid(number: u32) -> String {
    let digits = format!("89049032{number:022}");
    let rest = digits.bytes().fold(0, |rest, byte| (rest * 10 + u32::from(byte - b'0')) % 97);
    format!("{digits}{:02}", (98 - rest * 100 % 97) % 97)
}
