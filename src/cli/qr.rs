//! `esimpool qr`

use std::io::{Write, stdout};
use std::path::PathBuf;

use clap::Args;
use reqwest::Method;

use super::api::{self, Api, ApiArguments, DeviceSelector, PoolSelector};
use super::common::{Common, Failure, block_on};
use crate::auth::Permission;
use crate::private_file;

#[derive(Debug, Args)]
pub(super) struct QrArguments {
    /// The device that the code was given to, by its name, its EID or the id of its device state
    device: DeviceSelector,
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
        let name = arguments.pool.text();
        let state = arguments.device.state_id(&api, pool, name).await?;
        let path = format!("/{pool}/deviceStates/{state}/esimpool.qr?format={format}");
        Ok::<_, Failure>(api::send(api.request(Method::GET, &path)).await?.bytes().await?)
    })??;
    match &arguments.output {
        Some(ImageFile { path, .. }) => private_file::replace(path, &drawn)
            .map_err(|error| format!("{}: {error}", path.display()).into()),
        None => Ok(stdout().write_all(&drawn)?),
    }
}
