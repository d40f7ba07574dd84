//! `esimpool migrate`

use std::io::{Write, stdout};

use super::common::{Common, Failure, block_on};
use crate::app::{master_key_source, store_options};
use crate::config::Secrets;
use crate::store::{Distributed, Store};

/// `esimpool migrate`
#[derive(Debug, clap::Args)]
pub(super) struct Migrate {
    /// Make the settings of sessions defaults of the database's role: for a pooler in transaction mode
    #[arg(long)]
    role_settings: bool,
    /// Distribute the tables by tenant over the nodes of a Citus cluster, and prepare added nodes: again
    /// after each node that is added
    #[arg(long)]
    distribute: bool,
}

/// Migrates the database schema.
pub(super) fn migrate(common: &Common, arguments: &Migrate) -> Result<(), Failure> {
    let config = common.load(Secrets::Read)?;
    block_on(async {
        let store = Store::open(&store_options(&config.settings)).await?;
        let prepared = store.prepare(true, &master_key_source(&config.settings)).await?;
        let kept =
            if arguments.role_settings { Some(store.keep_session_settings().await?) } else { None };
        let distributed = if arguments.distribute { Some(store.distribute().await?) } else { None };
        store.close().await;
        let mut out = stdout();
        for migration in &prepared.migrations {
            writeln!(out, "applied {migration}")?;
        }
        if prepared.migrations.is_empty() {
            writeln!(out, "the schema is up to date")?;
        }
        if let Some(path) = &prepared.new_key_file {
            writeln!(
                out,
                "generated a master key; from now on, a backup must include the database and {}",
                path.display()
            )?;
        }
        if let Some(kept) = kept {
            writeln!(out, "{kept} settings are defaults of the role; reconnect the pooler")?;
        }
        if let Some(Distributed { tables, nodes, silent }) = distributed {
            match tables.len() {
                0 => writeln!(out, "the tables are distributed; {nodes} nodes have tenants")?,
                count => writeln!(out, "distributed {count} tables; {nodes} nodes have tenants")?,
            }
            for server in silent {
                eprintln!("esimpool: warning: {server} has not answered: restart it");
            }
        }
        for warning in prepared.warnings.iter().filter(|_| kept.is_none()) {
            eprintln!("esimpool: warning: {warning}");
        }
        Ok(())
    })?
}
