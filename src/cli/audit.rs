//! `esimpool audit`

use clap::Args;
use uuid::Uuid;

use super::api::{Api, ApiArguments, Query, literal};
use super::common::{Common, Failure, block_on, zoned_time};
use super::list::ListArguments;
use super::output::{Cell, Column};
use crate::auth::Permission;
use crate::domain::Timestamp;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  esimpool audit --since 2026-11-01
  esimpool audit --activity claimActivationCode --limit 20
  esimpool audit --since 2026-01-01 --format csv > audit.csv")]
pub(super) struct AuditArguments {
    /// Only what happened then or later: a date, or a time such as 2026-11-01T08:00:00Z
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<Timestamp>,
    /// Only what happened before
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<Timestamp>,
    /// Only this type of activity, as in activityType
    #[arg(long, value_name = "TYPE")]
    activity: Option<String>,
    /// Only what this request did
    #[arg(long, value_name = "ID")]
    request: Option<Uuid>,
    #[command(flatten)]
    list: ListArguments,
    #[command(flatten)]
    api: ApiArguments,
}

const COLUMNS: &[Column] = &[
    Column("time", "/activityDateTime", Cell::Time),
    Column("activity", "/displayName", Cell::Text),
    Column("on", "/resources/1/displayName /resources/0/displayName", Cell::Text),
    Column("by", "/actor/userId /actor/applicationId", Cell::ShortId),
];

/// A date, which is its midnight in UTC, or a time with its zone.
fn moment(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse_date(text).map_or_else(|| zoned_time(text), Ok)
}

/// Prints the audit log, newest first.
pub(super) fn audit(common: &Common, arguments: &AuditArguments) -> Result<(), Failure> {
    let api = Api::connect(&arguments.api, common, &[Permission::AppsReadAll])?;
    let AuditArguments { since, until, activity, request, list, .. } = arguments;
    let conditions = vec![
        since.as_ref().map(|it| format!("activityDateTime ge {it}")),
        until.as_ref().map(|it| format!("activityDateTime lt {it}")),
        activity.as_ref().map(|it| format!("activityType eq {}", literal(it))),
        request.map(|it| format!("correlationId eq {it}")),
    ];
    let query = Query::default().with("$orderby", "activityDateTime desc");
    block_on(list.print(&api, "/auditEvents", query, conditions, COLUMNS))?
}
