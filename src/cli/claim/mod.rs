//! `esimpool claim`: gives codes to one device or to those of a file.

mod arguments;
mod device_file;
mod many;
mod one;
mod results;

use super::api::Api;
use super::common::{Common, Failure, block_on};
use crate::auth::Permission;

pub(super) use arguments::ClaimArguments;

/// Gives codes to devices.
pub(super) fn claim(common: &Common, arguments: &ClaimArguments) -> Result<(), Failure> {
    let needed = [Permission::ActivationCodeClaimAll, Permission::ConfigurationReadAll];
    let api = Api::connect(&arguments.api, common, &needed)?;
    match &arguments.devices {
        Some(file) => {
            let devices = device_file::read(file)?;
            block_on(many::claim(&api, &arguments.pool, devices, &arguments.many))?
        }
        None => block_on(one::claim(&api, arguments))?,
    }
}
