//! What became of the devices of a file.

use serde_json::Value;
use uuid::Uuid;

use super::device_file::Device;
use crate::csv_lines::CsvLines;

/// What a device got.
#[derive(Debug)]
pub(super) enum Outcome {
    Given(Given),
    /// Why it got nothing.
    Refused(String),
}

/// The code of a device.
#[derive(Debug)]
pub(super) struct Given {
    /// Whether the device had it before.
    pub(super) again: bool,
    pub(super) state: Uuid,
    iccid: String,
    lpa: String,
    confirmation_code: String,
}

const COLUMNS: [&str; 8] = [
    "device",
    "EID",
    "user",
    "result",
    "ICCID",
    "activation code",
    "confirmation code",
    "device state",
];

impl Given {
    /// The answer to a claim.
    pub(super) fn of(claimed: &Value, again: bool) -> Option<Self> {
        let at = |pointer| claimed.pointer(pointer).and_then(Value::as_str);
        Some(Self {
            again,
            state: Uuid::try_parse(at("/deviceState/id")?).ok()?,
            iccid: at("/activationCode/integratedCircuitCardIdentifier")?.to_owned(),
            lpa: at("/lpaString").unwrap_or_default().to_owned(),
            confirmation_code: at("/confirmationCode").unwrap_or_default().to_owned(),
        })
    }
}

/// The results as CSV, a line for each device. They hold the codes, which are secrets.
pub(super) fn as_csv(devices: &[Device], outcomes: &[Outcome]) -> Vec<u8> {
    let mut lines = CsvLines::with_capacity(devices.len() * 128);
    lines.add(COLUMNS);
    for (device, outcome) in devices.iter().zip(outcomes) {
        let [name, eid, user] =
            [&device.name, &device.eid, &device.user].map(|it| it.as_deref().unwrap_or_default());
        match outcome {
            Outcome::Given(given) => {
                let result = if given.again { "had it" } else { "given" };
                let state = given.state.to_string();
                let Given { iccid, lpa, confirmation_code, .. } = given;
                lines.add([name, eid, user, result, iccid, lpa, confirmation_code, &state]);
            }
            Outcome::Refused(reason) => lines.add([name, eid, user, reason, "", "", "", ""]),
        }
    }
    lines.finish()
}
