//! `esimpool qr`

use std::io::{Write, stdout};
use std::path::PathBuf;

use clap::Args;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use serde::Deserialize;
use uuid::Uuid;

use super::api::{self, Api, ApiArguments, PoolSelector};
use super::common::{Common, Failure, block_on};
use crate::auth::Permission;
use crate::private_file;

#[derive(Debug, Args)]
pub(super) struct QrArguments {
    /// The device that the code was given to, by name or by the id of its device state
    #[arg(value_name = "DEVICE")]
    device: String,
    /// The pool of the code, by name or id
    #[arg(long, value_name = "NAME|ID")]
    pool: PoolSelector,
    /// The image file to write, .svg or .png, readable by its owner only [default: the terminal]
    #[arg(long, short, value_name = "FILE", value_parser = image_file)]
    output: Option<ImageFile>,
    #[command(flatten)]
    api: ApiArguments,
}

/// An image file, and the format that its extension names.
#[derive(Clone, Debug)]
struct ImageFile {
    path: PathBuf,
    format: &'static str,
}

fn image_file(text: &str) -> Result<ImageFile, String> {
    let path = PathBuf::from(text);
    let extension = path.extension().map(|it| it.to_string_lossy().to_ascii_lowercase());
    let format = match extension.as_deref() {
        Some("svg") => "svg",
        Some("png") => "png",
        _ => return Err("must end with .svg or .png".to_owned()),
    };
    Ok(ImageFile { path, format })
}

/// Shows the QR code of the activation code that was given to a device. The service records this in
/// its audit log.
pub(super) fn qr(common: &Common, arguments: &QrArguments) -> Result<(), Failure> {
    let needed = [Permission::ActivationCodeClaimAll, Permission::ConfigurationReadAll];
    let api = Api::connect(&arguments.api, common, &needed)?;
    let format = arguments.output.as_ref().map_or("text", |image| image.format);
    let drawn = block_on(async {
        let pool = arguments.pool.id(&api).await?;
        let state = device_state(&api, pool, arguments).await?;
        let path = format!("/{pool}/deviceStates/{state}/esimpool.qr?format={format}");
        Ok::<_, Failure>(api::send(api.request(Method::GET, &path)).await?.bytes().await?)
    })??;
    match &arguments.output {
        Some(ImageFile { path, .. }) => private_file::replace(path, &drawn)
            .map_err(|error| format!("{}: {error}", path.display()).into()),
        None => Ok(stdout().write_all(&drawn)?),
    }
}

#[derive(Deserialize)]
struct DeviceStates {
    value: Vec<DeviceState>,
}

#[derive(Deserialize)]
struct DeviceState {
    id: Uuid,
}

/// The id of the device state to which a code of the pool was given.
async fn device_state(api: &Api, pool: Uuid, arguments: &QrArguments) -> Result<Uuid, Failure> {
    let QrArguments { device, pool: selector, .. } = arguments;
    if let Ok(id) = Uuid::try_parse(device) {
        return Ok(id);
    }
    let name = device.replace('\'', "''");
    let filter = format!("deviceName eq '{name}' and state in ('installing','installed')");
    let filter = utf8_percent_encode(&filter, NON_ALPHANUMERIC);
    let path = format!("/{pool}/deviceStates?$select=id&$filter={filter}");
    let DeviceStates { value } = api.get(&path).await?;
    match &value[..] {
        [one] => Ok(one.id),
        [] => {
            let pool = selector.text();
            Err(format!("no device named '{device}' has a code of {pool}; claim one first").into())
        }
        [first, ..] => Err(format!(
            "{} devices named '{device}' have a code; use the id of a device state instead, such as \
             {}",
            value.len(),
            first.id
        )
        .into()),
    }
}
