//! A code for one device.

use std::fmt::Write as _;
use std::io::{Write, stdout};

use reqwest::Method;
use serde_json::Value;

use super::arguments::{ClaimArguments, OneFormat};
use super::device_file::Device;
use crate::cli::api::Api;
use crate::cli::common::Failure;

/// Claims a code and prints it.
pub(super) async fn claim(api: &Api, arguments: &ClaimArguments) -> Result<(), Failure> {
    let ClaimArguments { pool, device, eid, user, iccid, .. } = arguments;
    let id = pool.id(api).await?;
    let [name, eid, user, iccid] = [device, eid, user, iccid].map(Clone::clone);
    let device = Device { name, eid, user, iccid };
    let path = format!("/{id}/esimpool.claim");
    let claimed: Value = api.send_json(Method::POST, &path, &device.body()).await?;
    let text = match arguments.format {
        OneFormat::Json => serde_json::to_string_pretty(&claimed)? + "\n",
        OneFormat::Text => text(&device, &claimed, pool.text()),
    };
    Ok(stdout().write_all(text.as_bytes())?)
}

fn text(device: &Device, claimed: &Value, pool: &str) -> String {
    let at = |pointer| claimed.pointer(pointer).and_then(Value::as_str);
    let iccid = at("/activationCode/integratedCircuitCardIdentifier").unwrap_or_default();
    let mut text = format!("{} has the code {iccid} of {pool}\n", device.shown());
    let lines = [
        ("activation code", at("/lpaString")),
        ("confirmation code", at("/confirmationCode")),
        ("device state", at("/deviceState/id")),
    ];
    for (what, value) in lines {
        if let Some(value) = value {
            let _ = writeln!(text, "{what:<18}{value}");
        }
    }
    text
}
