//! `esimpool stock`

use std::io::{Write, stdout};

use clap::{Args, ValueEnum};
use serde::Deserialize;
use serde_json::Value;

use super::api::{Api, ApiArguments, Pool, PoolSelector, Query};
use super::common::{Common, Failure, block_on};
use super::output::{number, table, time};
use crate::auth::Permission;

#[derive(Debug, Args)]
pub(super) struct StockArguments {
    /// One pool, by name or id, with its states and operators [default: all pools]
    #[arg(long, value_name = "NAME|ID")]
    pool: Option<PoolSelector>,
    /// A table, or JSON
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    #[command(flatten)]
    api: ApiArguments,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Table,
    Json,
}

/// The properties of a stock that the table shows.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stock {
    total: u64,
    free: u64,
    bound: u64,
    handed_out: u64,
    quarantined: u64,
    handed_out_elsewhere: u64,
    by_state: Vec<StateCount>,
    by_operator: Vec<OperatorStock>,
    last_movement_date_time: Option<String>,
    low_stock_threshold: Option<u64>,
    is_low: Option<bool>,
}

#[derive(Deserialize)]
struct StateCount {
    state: String,
    count: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OperatorStock {
    smdp_plus_server_address: String,
    total: u64,
    free: u64,
}

/// Prints the stock of one pool or of all pools.
pub(super) fn stock(common: &Common, arguments: &StockArguments) -> Result<(), Failure> {
    let api = Api::connect(&arguments.api, common, &[Permission::ConfigurationReadAll])?;
    let text = block_on(async {
        match (&arguments.pool, arguments.format) {
            (Some(pool), format) => {
                let pool = pool.get(&api).await?;
                let stock: Value = api.get(&format!("/{}/esimpool.stock", pool.id)).await?;
                match format {
                    Format::Json => json(&stock),
                    Format::Table => Ok(pool_table(&pool, &Stock::deserialize(stock)?)),
                }
            }
            (None, Format::Json) => json(&api.get::<Value>("/esimpool.stock").await?),
            (None, Format::Table) => all_pools_table(&api).await,
        }
    })??;
    stdout().write_all(text.as_bytes())?;
    Ok(())
}

fn json(stock: &Value) -> Result<String, Failure> {
    Ok(serde_json::to_string_pretty(stock)? + "\n")
}

/// A row for each pool, and a total.
async fn all_pools_table(api: &Api) -> Result<String, Failure> {
    let pools = api.pools(Query::default()).await?;
    let paths: Vec<_> = pools.iter().map(|pool| format!("/{}/esimpool.stock", pool.id)).collect();
    let mut rows = Vec::with_capacity(pools.len() + 1);
    for (pool, stock) in pools.iter().zip(api.get_all(&paths).await?) {
        // A pool without stock was deleted meanwhile.
        if let Some(stock) = stock {
            rows.push(row(&pool.display_name, &Stock::deserialize(stock)?));
        }
    }
    rows.push(row("all pools", &api.get("/esimpool.stock").await?));
    let headings =
        ["pool", ">codes", ">free", "", ">handed out", ">quarantined", ">elsewhere", "|last moved"];
    Ok(table(&headings, rows))
}

fn row(name: &str, stock: &Stock) -> Vec<String> {
    vec![
        name.to_owned(),
        number(stock.total),
        number(stock.free),
        if stock.is_low == Some(true) { "low" } else { "" }.to_owned(),
        number(stock.handed_out),
        number(stock.quarantined),
        number(stock.handed_out_elsewhere),
        // The date is enough to compare pools, and leaves room for their names.
        last_movement(stock).split(' ').next().unwrap_or_default().to_owned(),
    ]
}

/// When a code last changed its state.
fn last_movement(stock: &Stock) -> String {
    stock.last_movement_date_time.as_deref().map_or_else(|| "never".to_owned(), time)
}

/// The details of one pool.
fn pool_table(pool: &Pool, stock: &Stock) -> String {
    let low = match (stock.is_low, stock.low_stock_threshold) {
        (Some(true), Some(threshold)) => {
            format!(", which is low (threshold: {})", number(threshold))
        }
        _ => String::new(),
    };
    let bound = match stock.bound {
        0 => String::new(),
        bound => format!(", {} more are bound to a device", number(bound)),
    };
    let states = stock.by_state.iter().filter(|it| it.count > 0);
    let states = states.map(|it| vec![it.state.clone(), number(it.count)]);
    let operators = stock.by_operator.iter();
    let operators = operators
        .map(|it| vec![it.smdp_plus_server_address.clone(), number(it.total), number(it.free)]);
    format!(
        "{} ({})\n{} of {} codes are free{low}{bound}; last movement {}\n\n{}\n{}",
        pool.display_name,
        pool.id,
        number(stock.free),
        number(stock.total),
        last_movement(stock),
        table(&["state", ">codes"], states),
        table(&["operator", ">codes", ">free"], operators),
    )
}
