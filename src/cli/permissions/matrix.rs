//! The response status of each operation for each kind of token.

use std::io::{Write, stdout};

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::auth::Permission;
use crate::cli::common::Failure;
use crate::cli::output::table;
use crate::http::{Operation, TokenKind, operations};

#[derive(Debug, Args)]
pub(super) struct MatrixArguments {
    /// A table, or JSON
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Table,
    Json,
}

/// Prints the table.
pub(super) fn print(arguments: &MatrixArguments) -> Result<(), Failure> {
    let (operations, kinds) = (operations(), TokenKind::all());
    let text = match arguments.format {
        Format::Table => report_as_table(&operations, &kinds),
        Format::Json => serde_json::to_string_pretty(&report_as_json(&operations, &kinds))? + "\n",
    };
    stdout().write_all(text.as_bytes())?;
    Ok(())
}

/// A row for each operation, a column for each kind of token.
fn report_as_table(operations: &[Operation], kinds: &[TokenKind]) -> String {
    let headings: Vec<_> = kinds.iter().map(|kind| format!("|{}", heading(*kind))).collect();
    let headings: Vec<_> =
        ["|request"].into_iter().chain(headings.iter().map(String::as_str)).collect();
    let row = |operation: &Operation| {
        let request = format!("{} {}", operation.method, operation.path);
        let statuses = kinds.iter().map(|kind| operation.status(*kind).to_string());
        [request].into_iter().chain(statuses).collect()
    };
    LEGEND.to_owned() + &table(&headings, operations.iter().map(row))
}

const LEGEND: &str = "\
The response status of an otherwise valid request, by its token: none; one that fails a check (bad);
an application's (app:, in roles) or a user's (user:, in scp), with no permission (-) or one of
  R   DeviceManagementConfiguration.Read.All
  RW  DeviceManagementConfiguration.ReadWrite.All
  AR  DeviceManagementApps.Read.All
  ARW DeviceManagementApps.ReadWrite.All
  C   EmbeddedSIMActivationCode.Claim.All

";

/// The heading of a column.
fn heading(kind: TokenKind) -> String {
    let permission = match kind.permission() {
        None => "-",
        Some(Permission::ConfigurationReadAll) => "R",
        Some(Permission::ConfigurationReadWriteAll) => "RW",
        Some(Permission::AppsReadAll) => "AR",
        Some(Permission::AppsReadWriteAll) => "ARW",
        Some(Permission::ActivationCodeClaimAll) => "C",
    };
    match kind {
        TokenKind::None => "none".to_owned(),
        TokenKind::Refused => "bad".to_owned(),
        TokenKind::Application(_) => format!("app:{permission}"),
        TokenKind::Delegated(_) => format!("user:{permission}"),
    }
}

fn report_as_json(operations: &[Operation], kinds: &[TokenKind]) -> Value {
    let all = operations.iter().map(|operation| {
        let needed = operation.access.permissions();
        let statuses = kinds.iter().map(|kind| {
            json!({
                "token": kind.name(),
                "permission": kind.permission().map(Permission::name),
                "status": operation.status(*kind),
            })
        });
        json!({
            "operation": operation.name,
            "method": operation.method.as_str(),
            "path": operation.path,
            "access": format!("{:?}", operation.access),
            "developmentOnly": operation.development,
            "needsOneOf": needed.iter().map(|permission| permission.name()).collect::<Vec<_>>(),
            "answers": statuses.collect::<Vec<_>>(),
        })
    });
    Value::Array(all.collect())
}
