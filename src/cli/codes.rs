//! `esimpool codes`

use clap::Args;

use super::api::{Api, ApiArguments, PoolSelector, Query, literal};
use super::common::{Common, Failure, block_on};
use super::list::ListArguments;
use super::output::{Cell, Column};
use crate::auth::Permission;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  esimpool codes --pool Spring --state notEvaluated
  esimpool codes --pool Spring --format csv > codes.csv")]
pub(super) struct CodesArguments {
    /// The pool, by name or id
    #[arg(long, value_name = "NAME|ID")]
    pool: PoolSelector,
    /// Only codes in this state, such as installed; notEvaluated is free
    #[arg(long)]
    state: Option<String>,
    #[command(flatten)]
    list: ListArguments,
    #[command(flatten)]
    api: ApiArguments,
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
    let api = Api::connect(&arguments.api, common, &[Permission::ConfigurationReadAll])?;
    block_on(async {
        let pool = arguments.pool.id(&api).await?;
        let path = format!("/embeddedSIMActivationCodePools/{pool}/esimpool.codes");
        let state = arguments.state.as_ref().map(|it| format!("state eq {}", literal(it)));
        arguments.list.print(&api, &path, Query::default(), vec![state], COLUMNS).await
    })?
}
