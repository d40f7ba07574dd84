//! `esimpool release`, `esimpool reinstate` and `esimpool retire`

use std::io::{Write, stdout};

use clap::Args;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::api::{Api, ApiArguments, DeviceSelector, PoolSelector};
use super::common::{Common, Failure, block_on};
use crate::auth::Permission;

#[derive(Debug, Args)]
#[command(after_help = "Example:
  esimpool release 'Laptop 7' --pool Spring")]
pub(super) struct ReleaseArguments {
    #[command(flatten)]
    device: DeviceArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:
  esimpool retire 'Laptop 7' --pool Spring --details 'lost on a journey'")]
pub(super) struct RetireArguments {
    #[command(flatten)]
    device: DeviceArguments,
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    details: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:
  esimpool reinstate 8944500102198304826 --pool Spring")]
pub(super) struct ReinstateArguments {
    /// The ICCID of the code
    iccid: String,
    /// The pool of the code, by name or id
    #[arg(long, value_name = "NAME|ID")]
    pool: PoolSelector,
    #[command(flatten)]
    api: ApiArguments,
}

#[derive(Debug, Args)]
struct DeviceArguments {
    /// The device, by its name, its EID or the id of its device state
    device: DeviceSelector,
    /// The pool of its code, by name or id
    #[arg(long, value_name = "NAME|ID")]
    pool: PoolSelector,
    #[command(flatten)]
    api: ApiArguments,
}

/// A device state, as far as it is printed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DeviceState {
    device_name: Option<String>,
    #[serde(rename = "universalIntegratedCircuitCardIdentifier")]
    eid: Option<String>,
}

impl DeviceArguments {
    /// Sends a request about the device state, and prints what became of the device.
    fn send(
        &self,
        common: &Common,
        request: impl Fn(uuid::Uuid) -> (Method, String, Value),
        done: &str,
    ) -> Result<(), Failure> {
        let needed = [Permission::ConfigurationReadWriteAll];
        let api = Api::connect(&self.api, common, &needed)?;
        let state: DeviceState = block_on(async {
            let pool = self.pool.id(&api).await?;
            let state = self.device.state_id(&api, pool, self.pool.text()).await?;
            let (method, path, body) = request(state);
            api.send_json(method, &format!("/{pool}/{path}"), &body).await
        })??;
        let name = state.device_name.or(state.eid);
        let name = name.unwrap_or_else(|| self.device.text().to_owned());
        writeln!(stdout(), "{name} {done}")?;
        Ok(())
    }
}

/// Takes back a code that a device has not installed.
pub(super) fn release(common: &Common, arguments: &ReleaseArguments) -> Result<(), Failure> {
    let request = |id| {
        let body = json!({ "deviceStateId": id });
        (Method::POST, "esimpool.release".to_owned(), body)
    };
    arguments.device.send(common, request, "has given its code back, which is quarantined now")
}

/// Records that the profile was deleted from a device.
pub(super) fn retire(common: &Common, arguments: &RetireArguments) -> Result<(), Failure> {
    let request = |id| {
        let mut body = json!({ "state": "deleted" });
        if let Some(details) = &arguments.details {
            body["stateDetails"] = json!(details);
        }
        (Method::PATCH, format!("deviceStates/{id}"), body)
    };
    arguments.device.send(common, request, "is retired; its code is not handed out again")
}

/// Makes a quarantined code free again.
pub(super) fn reinstate(common: &Common, arguments: &ReinstateArguments) -> Result<(), Failure> {
    let ReinstateArguments { iccid, pool, api } = arguments;
    let api = Api::connect(api, common, &[Permission::ConfigurationReadWriteAll])?;
    let body = json!({ "integratedCircuitCardIdentifier": iccid });
    block_on(async {
        let path = format!("/{}/esimpool.reinstate", pool.id(&api).await?);
        api.send_json::<Value>(Method::POST, &path, &body).await
    })??;
    writeln!(stdout(), "{iccid} is free again")?;
    Ok(())
}
