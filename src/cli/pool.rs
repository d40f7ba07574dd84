//! `esimpool pool`

use std::io::{IsTerminal, Write, stdin, stdout};

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::json;

use super::api::{self, Api, ApiArguments, Pool, PoolSelector};
use super::common::{Common, Failure, ask, block_on};
use super::output::number;
use crate::auth::Permission;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  esimpool pool create Spring --threshold 50
  esimpool pool rename Spring 'Spring 2027'
  esimpool pool remove 'Spring 2027'")]
pub(super) struct PoolArguments {
    #[command(subcommand)]
    command: PoolCommand,
}

#[derive(Debug, Subcommand)]
enum PoolCommand {
    /// Create an empty pool
    Create {
        name: String,
        /// The number of free codes at or below which its stock is low
        #[arg(long, value_name = "N")]
        threshold: Option<u32>,
        #[command(flatten)]
        api: ApiArguments,
    },
    /// Rename a pool
    Rename {
        /// The pool, by name or id
        pool: PoolSelector,
        name: String,
        #[command(flatten)]
        api: ApiArguments,
    },
    /// Remove a pool with all its codes; what was handed out stays recorded
    Remove {
        /// The pool, by name or id
        pool: PoolSelector,
        /// Do not ask
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        api: ApiArguments,
    },
    /// Set the number of free codes at or below which the stock of a pool is low
    Threshold {
        /// The pool, by name or id
        pool: PoolSelector,
        #[arg(value_name = "N")]
        threshold: u32,
        #[command(flatten)]
        api: ApiArguments,
    },
}

/// Changes pools.
pub(super) fn pool(common: &Common, arguments: &PoolArguments) -> Result<(), Failure> {
    let connect = |api| Api::connect(api, common, &[Permission::ConfigurationReadWriteAll]);
    let said = match &arguments.command {
        PoolCommand::Create { name, threshold, api } => {
            block_on(create(&connect(api)?, name, *threshold))??
        }
        PoolCommand::Rename { pool, name, api } => {
            let api = connect(api)?;
            block_on(async {
                let Pool { id, display_name, .. } = pool.get(&api).await?;
                let body = json!({ "displayName": name });
                let _: Pool = api.send_json(Method::PATCH, &format!("/{id}"), &body).await?;
                Ok::<_, Failure>(format!("{display_name} ({id}) is named {name} now"))
            })??
        }
        PoolCommand::Remove { pool, yes, api } => {
            let api = connect(api)?;
            block_on(remove(&api, pool, *yes))??
        }
        PoolCommand::Threshold { pool, threshold, api } => {
            let api = connect(api)?;
            block_on(async {
                let Pool { id, display_name, .. } = pool.get(&api).await?;
                set_threshold(&api, id, *threshold).await?;
                let threshold = number((*threshold).into());
                Ok::<_, Failure>(format!("{display_name}: low at {threshold} free codes or fewer"))
            })??
        }
    };
    writeln!(stdout(), "{said}")?;
    Ok(())
}

async fn create(api: &Api, name: &str, threshold: Option<u32>) -> Result<String, Failure> {
    let body = json!({ "displayName": name, "activationCodes": [] });
    let pool: Pool = api.send_json(Method::POST, "", &body).await?;
    if let Some(threshold) = threshold {
        set_threshold(api, pool.id, threshold).await?;
    }
    Ok(format!("created {} ({})", pool.display_name, pool.id))
}

async fn set_threshold(api: &Api, pool: uuid::Uuid, threshold: u32) -> Result<(), Failure> {
    let body = json!({ "lowStockThreshold": threshold });
    let path = format!("/{pool}/esimpool.stock");
    api::send(api.json_request(Method::PATCH, &path, &body)).await.map(drop)
}

async fn remove(api: &Api, pool: &PoolSelector, yes: bool) -> Result<String, Failure> {
    let Pool { id, display_name, activation_code_count } = pool.get(api).await?;
    let codes = number(activation_code_count);
    if !yes {
        if !stdin().is_terminal() {
            return Err(format!(
                "{display_name} has {codes} codes; say --yes to remove it without being asked"
            )
            .into());
        }
        let question = format!("{display_name} has {codes} codes. Type its name to remove it: ");
        if ask(&question)? != display_name {
            return Err("that is not its name; nothing was removed".into());
        }
    }
    api::send(api.request(Method::DELETE, &format!("/{id}"))).await?;
    Ok(format!("removed {display_name} ({id}) with {codes} codes"))
}
