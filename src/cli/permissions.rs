//! `esimpool permissions`

use std::io::{Write, stdout};

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::Failure;
use super::table::table;
use crate::auth::Permission;
use crate::http::{Operation, TokenKind, operations};

/// How the report looks.
#[derive(Debug, Args)]
pub(super) struct PermissionsArguments {
    /// A table for people, or JSON
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Table,
    Json,
}

/// Prints what each operation answers to each kind of token.
pub(super) fn permissions(arguments: &PermissionsArguments) -> Result<(), Failure> {
    let (operations, kinds) = (operations(), TokenKind::all());
    let text = match arguments.format {
        Format::Table => report_for_people(&operations, &kinds),
        Format::Json => serde_json::to_string_pretty(&report(&operations, &kinds))? + "\n",
    };
    stdout().write_all(text.as_bytes())?;
    Ok(())
}

/// A line an operation, a column a kind of token.
fn report_for_people(operations: &[Operation], kinds: &[TokenKind]) -> String {
    let heads: Vec<_> = kinds.iter().map(|kind| head(*kind)).collect();
    let heads: Vec<_> = ["request"].into_iter().chain(heads.iter().map(String::as_str)).collect();
    let row = |operation: &Operation| {
        let request = format!("{} {}", operation.method, operation.path);
        let statuses = kinds.iter().map(|kind| operation.status(*kind).to_string());
        [request].into_iter().chain(statuses).collect()
    };
    LEGEND.to_owned() + &table(&heads, operations.iter().map(row))
}

const LEGEND: &str = "\
The status of a request that is good in every other way, by its token: none; one that fails a check
(bad); an application's (app:, roles) or a user's (user:, scp) with no permission (-) or with one of
  R   DeviceManagementConfiguration.Read.All
  RW  DeviceManagementConfiguration.ReadWrite.All
  C   EmbeddedSIMActivationCode.Claim.All

";

/// A column's head.
fn head(kind: TokenKind) -> String {
    let permission = match kind.permission() {
        None => "-",
        Some(Permission::ConfigurationReadAll) => "R",
        Some(Permission::ConfigurationReadWriteAll) => "RW",
        Some(Permission::ActivationCodeClaimAll) => "C",
    };
    match kind {
        TokenKind::None => "none".to_owned(),
        TokenKind::Refused => "bad".to_owned(),
        TokenKind::Application(_) => format!("app:{permission}"),
        TokenKind::Delegated(_) => format!("user:{permission}"),
    }
}

fn report(operations: &[Operation], kinds: &[TokenKind]) -> Value {
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
