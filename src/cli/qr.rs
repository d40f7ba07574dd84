//! `esimpool qr`

use std::io::{Write, stdout};
use std::path::PathBuf;

use clap::Args;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use serde::Deserialize;
use uuid::Uuid;

use super::api::{self, Api, ApiArguments, PoolNamed};
use super::{Common, Failure, block_on};
use crate::auth::Permission;
use crate::private_file;

/// Whose code, and where it goes.
#[derive(Debug, Args)]
pub(super) struct QrArguments {
    /// The device that has the code, by its name or by the id of its device state
    #[arg(value_name = "DEVICE")]
    device: String,
    /// The pool that the code is from, by its name or its id
    #[arg(long, value_name = "NAME|ID")]
    pool: PoolNamed,
    /// A file for the picture, .svg or .png, that only its owner can read [default: the terminal]
    #[arg(long, short, value_name = "FILE", value_parser = picture)]
    output: Option<Picture>,
    #[command(flatten)]
    api: ApiArguments,
}

/// A file, and what its name says it is.
#[derive(Clone, Debug)]
struct Picture {
    path: PathBuf,
    format: &'static str,
}

fn picture(text: &str) -> Result<Picture, String> {
    let path = PathBuf::from(text);
    let ending = path.extension().map(|it| it.to_string_lossy().to_ascii_lowercase());
    let format = match ending.as_deref() {
        Some("svg") => "svg",
        Some("png") => "png",
        _ => return Err("must end with .svg or .png".to_owned()),
    };
    Ok(Picture { path, format })
}

/// Shows the QR code of the code that a device has. The service writes down that it was shown.
pub(super) fn qr(common: &Common, arguments: &QrArguments) -> Result<(), Failure> {
    let needed = [Permission::ActivationCodeClaimAll, Permission::ConfigurationReadAll];
    let api = Api::connect(&arguments.api, common, &needed)?;
    let format = arguments.output.as_ref().map_or("text", |picture| picture.format);
    let drawn = block_on(async {
        let pool = arguments.pool.id(&api).await?;
        let state = device_state(&api, pool, arguments).await?;
        let path = format!("/{pool}/deviceStates/{state}/esimpool.qr?format={format}");
        Ok::<_, Failure>(api::answer(api.request(Method::GET, &path)).await?.bytes().await?)
    })??;
    match &arguments.output {
        Some(Picture { path, .. }) => private_file::replace(path, &drawn)
            .map_err(|error| format!("{}: {error}", path.display()).into()),
        None => Ok(stdout().write_all(&drawn)?),
    }
}

#[derive(Deserialize)]
struct States {
    value: Vec<State>,
}

#[derive(Deserialize)]
struct State {
    id: Uuid,
}

/// The state of the device that has a code of the pool.
async fn device_state(api: &Api, pool: Uuid, arguments: &QrArguments) -> Result<Uuid, Failure> {
    let QrArguments { device, pool: named, .. } = arguments;
    if let Ok(id) = Uuid::try_parse(device) {
        return Ok(id);
    }
    let name = device.replace('\'', "''");
    let filter = format!("deviceName eq '{name}' and state in ('installing','installed')");
    let filter = utf8_percent_encode(&filter, NON_ALPHANUMERIC);
    let path = format!("/{pool}/deviceStates?$select=id&$filter={filter}");
    let States { value } = api.get(&path).await?;
    match &value[..] {
        [one] => Ok(one.id),
        [] => {
            let pool = named.text();
            Err(format!("no device called '{device}' has a code of {pool}; claim one first").into())
        }
        [first, ..] => Err(format!(
            "{} devices called '{device}' have a code: name one by its device state's id, for \
             instance {}",
            value.len(),
            first.id
        )
        .into()),
    }
}
