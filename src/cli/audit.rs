//! `esimpool audit`

use clap::Args;
use uuid::Uuid;

use super::api::{Api, ApiArguments, Query, literal};
use super::common::{Common, Failure, block_on};
use super::list::ListArguments;
use super::output::{Cell, Column};
use crate::auth::Permission;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  esimpool audit --since 2026-11-01
  esimpool audit --activity claimActivationCode --limit 20
  esimpool audit --since 2026-01-01 --format csv > audit.csv")]
pub(super) struct AuditArguments {
    /// Only what happened then or later: a date, or a time such as 2026-11-01T08:00:00Z
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<String>,
    /// Only what happened before
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<String>,
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

/// A time of the API: a date alone is its midnight in UTC.
fn moment(text: &str) -> Result<String, String> {
    let long = if text.contains('T') { text.to_owned() } else { format!("{text}T00:00:00Z") };
    chrono::DateTime::parse_from_rfc3339(&long).map(|_| long).map_err(|_| {
        "must be a date like 2026-11-01 or a time like 2026-11-01T08:00:00Z".to_owned()
    })
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
