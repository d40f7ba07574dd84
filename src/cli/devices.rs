//! `esimpool devices`

use clap::Args;

use super::api::{Api, ApiArguments, PoolSelector, Query, literal};
use super::common::{Common, Failure, block_on};
use super::list::ListArguments;
use super::output::{Cell, Column};
use crate::auth::Permission;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  esimpool devices --pool Spring
  esimpool devices --pool Spring --state installing --format csv")]
pub(super) struct DevicesArguments {
    /// The pool, by name or id
    #[arg(long, value_name = "NAME|ID")]
    pool: PoolSelector,
    /// Only devices in this state, such as installing
    #[arg(long)]
    state: Option<String>,
    #[command(flatten)]
    list: ListArguments,
    #[command(flatten)]
    api: ApiArguments,
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
    let api = Api::connect(&arguments.api, common, &[Permission::ConfigurationReadAll])?;
    block_on(async {
        let pool = arguments.pool.id(&api).await?;
        let path = format!("/embeddedSIMActivationCodePools/{pool}/deviceStates");
        let state = arguments.state.as_ref().map(|it| format!("state eq {}", literal(it)));
        let query = Query::default().with("$orderby", "modifiedDateTime desc");
        arguments.list.print(&api, &path, query, vec![state], COLUMNS).await
    })?
}
