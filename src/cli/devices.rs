//! `esimpool devices`

use clap::Args;

use super::api::Query;
use super::common::{Common, Failure};
use super::list::PoolListArguments;
use super::output::{Cell, Column};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  esimpool devices --pool Spring
  esimpool devices --pool Spring --state installing --format csv")]
pub(super) struct DevicesArguments {
    #[command(flatten)]
    of_pool: PoolListArguments,
}

const COLUMNS: &[Column] = &[
    Column("device", "/deviceName", Cell::Text),
    Column("user", "/userName", Cell::Text),
    Column("state", "/state", Cell::Text),
    Column("since", "/modifiedDateTime", Cell::Time),
    Column("EID", "/universalIntegratedCircuitCardIdentifier", Cell::Id),
];

/// Prints the devices that have or had a code of a pool, those that changed last first.
pub(super) fn devices(common: &Common, arguments: &DevicesArguments) -> Result<(), Failure> {
    let query = Query::default().with("$orderby", "modifiedDateTime desc");
    arguments.of_pool.print(common, "deviceStates", query, COLUMNS)
}
