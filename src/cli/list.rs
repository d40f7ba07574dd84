//! What the commands that print a list share.

use clap::Args;

use super::api::{Api, ApiArguments, PoolSelector, Query, literal};
use super::common::{Common, Failure, block_on};
use super::output::{Column, Format, Rows};
use crate::auth::Permission;

/// Options of every list.
#[derive(Debug, Args)]
pub(super) struct ListArguments {
    /// Only entries that match, as in $filter of the API
    #[arg(long, value_name = "ODATA")]
    filter: Option<String>,
    /// How many entries to print at most [default: 100 in a table, else all]
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// How to print them
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// Options of a list of one pool.
#[derive(Debug, Args)]
pub(super) struct PoolListArguments {
    /// The pool, by name or id
    #[arg(long, value_name = "NAME|ID")]
    pool: PoolSelector,
    /// Only what is in this state: installing, installed …; a free code is notEvaluated
    #[arg(long)]
    state: Option<String>,
    #[command(flatten)]
    list: ListArguments,
    #[command(flatten)]
    api: ApiArguments,
}

/// How many entries a table has unless more are asked for.
const TABLE_LIMIT: usize = 100;

impl ListArguments {
    /// Prints the list at a path below `/beta/deviceManagement`: the entries that match both the
    /// conditions and the caller's own filter.
    pub(super) async fn print(
        &self,
        api: &Api,
        path: &str,
        query: Query,
        mut conditions: Vec<Option<String>>,
        columns: &'static [Column],
    ) -> Result<(), Failure> {
        conditions.push(self.filter.clone());
        let default = if self.format == Format::Table { TABLE_LIMIT } else { usize::MAX };
        let mut list = api.list(path, &query.filter(&conditions), self.limit.unwrap_or(default));
        let mut rows = Rows::new(self.format, columns);
        while let Some(page) = list.page().await? {
            rows.print(&page)?;
        }
        let printed = rows.finish()?;
        if self.format == Format::Table && printed == 0 {
            eprintln!("esimpool: nothing matches");
        } else if list.has_more() && self.limit.is_none() {
            eprintln!(
                "esimpool: these are the first {printed}; --limit prints more, --format csv all"
            );
        }
        Ok(())
    }
}

impl PoolListArguments {
    /// Prints the list of that name below the pool.
    pub(super) fn print(
        &self,
        common: &Common,
        name: &str,
        query: Query,
        columns: &'static [Column],
    ) -> Result<(), Failure> {
        let api = Api::connect(&self.api, common, &[Permission::ConfigurationReadAll])?;
        block_on(async {
            let pool = self.pool.id(&api).await?;
            let path = format!("/embeddedSIMActivationCodePools/{pool}/{name}");
            let state = self.state.as_ref().map(|it| format!("state eq {}", literal(it)));
            self.list.print(&api, &path, query, vec![state], columns).await
        })?
    }
}
