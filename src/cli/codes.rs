//! `esimpool codes`

use clap::Args;

use super::api::Query;
use super::common::{Common, Failure};
use super::list::PoolListArguments;
use super::output::{Cell, Column};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  esimpool codes --pool Spring --state notEvaluated
  esimpool codes --pool Spring --format csv > codes.csv")]
pub(super) struct CodesArguments {
    #[command(flatten)]
    of_pool: PoolListArguments,
}

const COLUMNS: &[Column] = &[
    Column("ICCID", "/integratedCircuitCardIdentifier", Cell::Id),
    Column("state", "/state", Cell::Text),
    Column("since", "/stateChangedDateTime", Cell::Time),
    Column("label", "/label", Cell::Text),
    Column("operator", "/smdpPlusServerAddress", Cell::Text),
];

/// Prints the codes of a pool, by position. Matching IDs are not among what the API tells.
pub(super) fn codes(common: &Common, arguments: &CodesArguments) -> Result<(), Failure> {
    arguments.of_pool.print(common, "esimpool.codes", Query::default(), COLUMNS)
}
