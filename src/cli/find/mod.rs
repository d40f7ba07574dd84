//! `esimpool find`

mod text;

use std::io::{Write, stdout};

use clap::Args;
use reqwest::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::api::{Api, ApiArguments, ErrorResponse, Query, literal};
use super::common::{Common, Failure, block_on};
use super::output::{Cell, Column, Format, Rows};
use crate::auth::Permission;
use crate::domain::Iccid;

const NEEDED: [Permission; 2] = [Permission::ConfigurationReadAll, Permission::AppsReadAll];
/// How many rows of each kind are printed.
const MAX_ROWS: usize = 50;

const ICCID: &str = "integratedCircuitCardIdentifier";
const EID: &str = "universalIntegratedCircuitCardIdentifier";

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  esimpool find 8944500102198304826     a code, its state and its history
  esimpool find 'Laptop 7'              what a device has, by its name
  esimpool find ann@contoso.com         the devices of a user
  esimpool find spring --format json    the codes with a label, or a pool")]
pub(super) struct FindArguments {
    /// An ICCID, an EID, the name of a device, a user, a label, an import, or the name of a pool
    text: String,
    /// Tables, JSON, or the codes as CSV
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    #[command(flatten)]
    api: ApiArguments,
}

/// The columns of CSV: of a code, or of a device state if there is no code.
const COLUMNS: &[Column] = &[
    Column("ICCID", "/integratedCircuitCardIdentifier", Cell::Id),
    Column("state", "/state", Cell::Text),
    Column("pool", "/poolDisplayName", Cell::Text),
    Column("device", "/deviceName", Cell::Text),
    Column("EID", "/universalIntegratedCircuitCardIdentifier", Cell::Id),
    Column("user", "/userName", Cell::Text),
    Column("label", "/label", Cell::Text),
    Column("import", "/importId", Cell::Id),
];

/// What a text names.
struct Found {
    codes: Vec<Value>,
    device_states: Vec<Value>,
    pools: Vec<Value>,
    /// Of the code, if there is one.
    history: Vec<Value>,
    /// Whether there is more of something.
    more: bool,
}

/// Prints the codes, devices and pools that a text names.
pub(super) fn find(common: &Common, arguments: &FindArguments) -> Result<(), Failure> {
    let api = Api::connect(&arguments.api, common, &NEEDED)?;
    let found = block_on(Found::of(&api, arguments.text.trim()))??;
    if found.codes.is_empty() && found.device_states.is_empty() && found.pools.is_empty() {
        let text = arguments.text.trim();
        return Err(format!(
            "nothing is known by '{text}': no code, device, user, label, import or pool"
        )
        .into());
    }
    let text = match arguments.format {
        Format::Json => serde_json::to_string_pretty(&found.json())? + "\n",
        Format::Table => found.text(),
        Format::Csv => {
            let mut rows = Rows::new(Format::Csv, COLUMNS);
            let codes = &found.codes;
            rows.print(if codes.is_empty() { &found.device_states } else { codes })?;
            return rows.finish().map(drop).map_err(Failure::from);
        }
    };
    stdout().write_all(text.as_bytes())?;
    Ok(())
}

fn is_forbidden(failure: &Failure) -> bool {
    let response = failure.downcast_ref::<ErrorResponse>();
    response.is_some_and(|response| response.status == StatusCode::FORBIDDEN)
}

fn path(list: &str, filter: &str) -> String {
    Query::default().with("$top", MAX_ROWS.to_string()).with("$filter", filter).on(list)
}

impl Found {
    async fn of(api: &Api, text: &str) -> Result<Self, Failure> {
        let (exact, folded) = (literal(text), literal(&text.to_lowercase()));
        let iccid = literal(&Iccid::normalized(text));
        let digits: String = text.chars().filter(|it| !matches!(it, ' ' | '-')).collect();
        let eid = literal(&digits);
        let mut codes = vec![
            format!("{ICCID} eq {exact}"),
            format!("{ICCID} eq {iccid}"),
            format!("boundToEid eq {eid}"),
            format!("{EID} eq {eid}"),
            format!("tolower(deviceName) eq {folded}"),
            format!("tolower(userName) eq {folded}"),
            format!("label eq {exact}"),
        ];
        if Uuid::try_parse(text).is_ok() {
            codes.push(format!("importId eq {exact}"));
        }
        let device_states = [
            format!("{ICCID} eq {iccid}"),
            format!("{EID} eq {eid}"),
            format!("tolower(deviceName) eq {folded}"),
            format!("tolower(userName) eq {folded}"),
        ];
        let code_paths = codes.iter().map(|filter| path("/esimpool.codes", filter));
        let state_paths = device_states.iter().map(|filter| path("/esimpool.deviceStates", filter));
        let pools = path("", &format!("tolower(displayName) eq {folded} or id eq {exact}"));
        let paths: Vec<_> = code_paths.chain(state_paths).chain([pools]).collect();
        let mut pages = api.get_all(&paths).await?;
        let pools = pages.pop();
        let states = pages.split_off(codes.len());
        let mut more = false;
        let mut found = Self {
            codes: distinct(pages, &mut more),
            device_states: distinct(states, &mut more),
            pools: distinct(pools, &mut more),
            history: Vec::new(),
            more: false,
        };
        found.more = more;
        found.name_pools(api).await?;
        if let [code] = &found.codes[..] {
            let of_code = format!("{ICCID} eq {}", literal(of(code, ICCID)));
            let query = Query::default().with("$orderby", "activityDateTime desc");
            let query = query.with("$filter", of_code);
            match api.list("/auditEvents", &query, MAX_ROWS).all().await {
                Ok(history) => found.history = history.into_iter().rev().collect(),
                // The audit log has a permission of its own; the rest is worth printing without it.
                Err(failure) if is_forbidden(&failure) => {
                    eprintln!("esimpool: no history, because the token may not read the audit log");
                }
                Err(failure) => return Err(failure),
            }
        }
        Ok(found)
    }

    /// Adds the names of the pools that codes and device states are in.
    async fn name_pools(&mut self, api: &Api) -> Result<(), Failure> {
        let all = || self.codes.iter().chain(&self.device_states);
        let mut ids: Vec<_> = all().map(|it| of(it, "poolId").to_owned()).collect();
        ids.sort_unstable();
        ids.dedup();
        let paths: Vec<_> = ids.iter().map(|id| format!("/{id}?$select=id,displayName")).collect();
        let pools = api.get_all(&paths).await?;
        for it in self.codes.iter_mut().chain(&mut self.device_states) {
            let index = ids.iter().position(|id| id == of(it, "poolId"));
            let pool = index.and_then(|index| pools.get(index)?.as_ref());
            it["poolDisplayName"] = pool.map_or(Value::Null, |pool| pool["displayName"].clone());
        }
        Ok(())
    }

    fn json(&self) -> Value {
        json!({
            "codes": self.codes,
            "deviceStates": self.device_states,
            "pools": self.pools,
            "history": self.history,
            "more": self.more,
        })
    }
}

/// The entities of pages, each once, and whether a page was full.
fn distinct(pages: impl IntoIterator<Item = Option<Value>>, more: &mut bool) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    for page in pages {
        *more |= page.as_ref().is_some_and(|page| !page["@odata.nextLink"].is_null());
        for it in list(page) {
            if all.iter().all(|known| known["id"] != it["id"]) {
                all.push(it);
            }
        }
    }
    all
}

fn list(page: Option<Value>) -> Vec<Value> {
    match page.map(|mut page| page["value"].take()) {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    }
}

/// A text of an entity; empty if it has none.
fn of<'v>(entity: &'v Value, name: &str) -> &'v str {
    entity[name].as_str().unwrap_or_default()
}
