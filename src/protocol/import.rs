//! Imports on the wire: their options, and what they came to.

use serde::Serialize;
use serde_json::{Value, json};

use super::body::Body;
use super::links::Links;
use super::model::IMPORT_REPORT;
use super::openapi::{parameters, schema};
use super::query::{FromQuery, PageSizes, QueryOptions, take_truth};
use crate::domain::{ImportReport, Invalid, Pool, Rejection, Validation};

/// How a file is imported.
#[derive(Clone, Debug)]
pub struct ImportOptions {
    /// The new pool's name; without one it is the host's first label.
    pub display_name: Option<String>,
    /// How closely codes are looked at.
    pub mode: Validation,
    /// Whether good lines are taken although others are rejected.
    pub partial: bool,
    /// Whether it is only said what would come of it.
    pub dry_run: bool,
}

impl FromQuery for ImportOptions {
    fn from_query(mut options: QueryOptions, _: PageSizes) -> Result<Self, Invalid> {
        let display_name = options.take("displayname").map(|option| option.value);
        let mode = match options.take("mode") {
            None => Validation::Strict,
            Some(option) => match option.value.to_ascii_lowercase().as_str() {
                "strict" => Validation::Strict,
                "graph" => Validation::Graph,
                "lenient" => Validation::Lenient,
                _ => return Err(Invalid::new(option.sent, "must be strict, graph or lenient")),
            },
        };
        let partial = take_truth(&mut options, "partial")?;
        let dry_run = take_truth(&mut options, "dryrun")?;
        options.finish()?;
        Ok(Self { display_name, mode, partial, dry_run })
    }

    fn parameters() -> Vec<Value> {
        let truth = json!({ "type": "boolean" });
        let mode = json!({ "type": "string", "enum": ["strict", "graph", "lenient"] });
        let name = json!({ "type": "string", "minLength": 1 });
        vec![
            parameters::option(
                "displayName",
                "The new pool's name; else the host's first label.",
                &name,
            ),
            parameters::option(
                "mode",
                "How closely codes are looked at: strict, if not said.",
                &mode,
            ),
            parameters::option("partial", "Take good lines although others are rejected.", &truth),
            parameters::option("dryRun", "Store nothing; say what would come of it.", &truth),
        ]
    }
}

/// What an import came to.
#[derive(Debug, Serialize)]
pub struct ImportBody {
    #[serde(rename = "@odata.context", skip_serializing_if = "Option::is_none")]
    context: Option<String>,
    #[serde(flatten)]
    details: ImportDetails,
}

/// The same as a part of an answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportDetails {
    pool: Option<Body<Pool>>,
    inserted: u64,
    duplicates: u64,
    rejected_count: u64,
    rejected: Vec<RejectedLine>,
}

#[derive(Debug, Serialize)]
struct RejectedLine {
    line: u32,
    column: Option<u32>,
    value: String,
    reason: String,
    hint: String,
}

impl From<Rejection> for RejectedLine {
    fn from(it: Rejection) -> Self {
        Self { line: it.line, column: it.column, value: it.value, reason: it.reason, hint: it.hint }
    }
}

impl ImportBody {
    /// The answer to an import.
    #[must_use]
    pub fn new(report: ImportReport, links: &Links) -> Self {
        let context = links.context("esimpool.importReport");
        Self { context, details: ImportDetails::new(report, links) }
    }

    /// Its schema, for the OpenAPI document.
    #[must_use]
    pub fn schema() -> Value {
        schema::reference(&IMPORT_REPORT)
    }
}

impl ImportDetails {
    /// What a report says.
    #[must_use]
    pub fn new(report: ImportReport, links: &Links) -> Self {
        Self {
            pool: report.pool.map(|pool| Body::whole(None, pool, links)),
            inserted: report.inserted,
            duplicates: report.duplicates,
            rejected_count: report.rejected_count,
            rejected: report.rejected.into_iter().map(RejectedLine::from).collect(),
        }
    }
}
