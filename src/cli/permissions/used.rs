//! `esimpool permissions used`

use std::io::{Write, stdout};

use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cli::api::{Api, ApiArguments};
use crate::cli::common::{Common, Failure, block_on};
use crate::cli::output::{Cell, Column, Format, Rows, counted, shortened, table, time};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  esimpool permissions used
  esimpool permissions used --fail-on-surplus        after the tests of a client, in CI
  esimpool permissions used --output csv > used.csv")]
pub(in crate::cli) struct UsedArguments {
    /// How to print them
    #[arg(long, visible_alias = "format", value_enum, default_value_t = Format::Table)]
    output: Format,
    /// Exit with 1 if a client was granted a permission that it did not use
    #[arg(long)]
    fail_on_surplus: bool,
    #[command(flatten)]
    api: ApiArguments,
}

/// What the service tells.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Used {
    since: String,
    dropped_clients: u64,
    value: Vec<Value>,
}

/// The part of a client that is judged and shown.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Client {
    application_id: String,
    application_display_name: Option<String>,
    kind: String,
    requests: u64,
    granted: Vec<String>,
    surplus: Vec<String>,
    /// Whether `granted` has all of them.
    complete: bool,
}

/// CSV has a line for each permission of each client.
const COLUMNS: &[Column] = &[
    Column("application", "/applicationId", Cell::Id),
    Column("name", "/applicationDisplayName", Cell::Text),
    Column("kind", "/kind", Cell::Text),
    Column("permission", "/permission", Cell::Text),
    Column("use", "/use", Cell::Text),
];

/// The longest id and the longest name of a client in a line of text, in characters.
const MAX_ID: usize = 36;
const MAX_NAME: usize = 40;
/// The longest permission, in characters.
const MAX_PERMISSION: usize = 60;

/// Prints what the clients of the caller's tenant were granted, used, and did not use.
pub(super) fn used(common: &Common, arguments: &UsedArguments) -> Result<(), Failure> {
    // It asks without a permission, so as not to be a client that uses one.
    let api = Api::connect(&arguments.api, common, &[])?;
    let used: Used = block_on(api.get_below_beta("/esimpool/permissions/used"))??;
    let clients: Vec<Client> =
        used.value.iter().map(Client::deserialize).collect::<Result<_, _>>()?;
    match arguments.output {
        Format::Json => writeln!(stdout(), "{:#}", Value::Array(used.value))?,
        Format::Csv => {
            let mut rows = Rows::new(Format::Csv, COLUMNS);
            rows.print(&clients.iter().flat_map(Client::rows).collect::<Vec<_>>())?;
            rows.finish()?;
        }
        Format::Table => {
            let texts: Vec<_> = clients.iter().map(Client::text).collect();
            stdout().write_all(texts.join("\n").as_bytes())?;
        }
    }
    if clients.is_empty() {
        eprintln!(
            "esimpool: no client has made a request that needs a permission since {}",
            time(&used.since)
        );
    }
    if used.dropped_clients > 0 {
        let dropped = counted(used.dropped_clients, "client");
        eprintln!("esimpool: {dropped} that made no request for long are not listed");
    }
    if arguments.fail_on_surplus { no_surplus(&clients, used.dropped_clients) } else { Ok(()) }
}

/// # Errors
/// If a client has a surplus, or if that cannot be told.
fn no_surplus(clients: &[Client], dropped: u64) -> Result<(), Failure> {
    let with_surplus: Vec<_> = clients
        .iter()
        .filter(|client| !client.surplus.is_empty())
        .map(|client| {
            let names = client.surplus.iter().map(|name| shortened(name, MAX_PERMISSION));
            format!("{} ({})", client.name(), names.collect::<Vec<_>>().join(", "))
        })
        .collect();
    if !with_surplus.is_empty() {
        return Err(format!("permissions that were not used: {}", with_surplus.join("; ")).into());
    }
    if dropped > 0 || clients.iter().any(|client| !client.complete) {
        return Err("not every client and permission is listed, so there may be a surplus".into());
    }
    Ok(())
}

impl Client {
    /// The id, and the name if it is known.
    fn name(&self) -> String {
        let id = shortened(&self.application_id, MAX_ID);
        match &self.application_display_name {
            Some(name) => format!("{id} {}", shortened(name, MAX_NAME)),
            None => id,
        }
    }

    /// Each permission, and whether it was used.
    fn uses(&self) -> impl Iterator<Item = (&String, &'static str)> {
        let used = |name| if self.surplus.contains(name) { "surplus" } else { "used" };
        self.granted.iter().map(move |name| (name, used(name)))
    }

    fn rows(&self) -> Vec<Value> {
        let row = |(permission, used)| {
            json!({
                "applicationId": self.application_id,
                "applicationDisplayName": self.application_display_name,
                "kind": self.kind,
                "permission": permission,
                "use": used,
            })
        };
        self.uses().map(row).collect()
    }

    fn text(&self) -> String {
        let requests = counted(self.requests, "request");
        let mut text = format!("{}\n{}, {requests}\n", self.name(), self.kind);
        if self.granted.is_empty() {
            return text + "no permissions\n";
        }
        let rows =
            self.uses().map(|(name, used)| vec![shortened(name, MAX_PERMISSION), used.to_owned()]);
        text += &table(&["permission", "use"], rows);
        if !self.complete {
            text += "and further permissions, of which there are too many to list\n";
        }
        text
    }
}
