//! Imports: their query options, and the report with its tables.

use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::body::EntityBody;
use super::links::Links;
use super::model::{EdmType, Property, StructuredType};
use super::openapi::{Limits, parameters, schema};
use super::pool::POOL;
use super::query::{FromQuery, MostEntities, PageSizes, QueryOptions, take_bool};
use crate::domain::{
    ImportId, ImportReport, Invalid, LineGroup, LineOutcome, Pool, PoolId, Rejection, Validation,
};

const fn count(name: &'static str, description: &'static str) -> Property {
    Property::read_only(name, EdmType::Int64, description)
}

/// `esimpool.importReport`
pub(super) static IMPORT_REPORT: StructuredType = StructuredType::complex(
    "#esimpool.importReport",
    "The result of an import.",
    &[
        Property::read_only(
            "pool",
            EdmType::Complex(&POOL),
            "The pool after the import; null if none was created.",
        )
        .nullable(),
        Property::read_only(
            "poolDisplayName",
            EdmType::String,
            "The name of the pool, also of one that a dry run would have created; null if there is none.",
        )
        .nullable(),
        Property::read_only(
            "importId",
            EdmType::Guid,
            "The id that the codes have as importId, and the audit event as id; null if none was stored.",
        )
        .nullable(),
        count("inserted", "The number of codes added, or that a dry run would have added."),
        count("duplicates", "The number of codes that are stored already or occur earlier in the file."),
        count("rejectedCount", "The number of rejected lines."),
        count("handedOutCount", "The number of lines whose code was handed out before."),
        Property::read_only(
            "groups",
            EdmType::Collection(&LINE_GROUP),
            "The known and the rejected lines, counted by reason.",
        ),
        Property::read_only(
            "columnsUnderstood",
            EdmType::Collection(&FILE_COLUMN),
            "The columns of the file that the import understands.",
        ),
        Property::read_only(
            "columnsNotUnderstood",
            EdmType::Collection(&FILE_COLUMN),
            "The columns of the file that the import does not understand.",
        ),
        Property::read_only(
            "rejected",
            EdmType::Collection(&REJECTED_LINE),
            "The first thousand rejected lines. If nothing is stored, lines that were rejected because of \
             stored codes are listed only for callers with permission to claim.",
        ),
    ],
);

/// `esimpool.fileColumn`
pub(super) static FILE_COLUMN: StructuredType = StructuredType::complex(
    "#esimpool.fileColumn",
    "A column of an imported file.",
    &[
        Property::read_only("name", EdmType::String, "Its heading, or its number if it has none."),
        Property::read_only(
            "content",
            EdmType::String,
            "What it holds, judging by its heading; null if it is not understood.",
        )
        .nullable(),
    ],
);

/// `esimpool.lineGroup`
pub(super) static LINE_GROUP: StructuredType = StructuredType::complex(
    "#esimpool.lineGroup",
    "Lines of an imported file with equal reasons.",
    &[
        Property::read_only("outcome", EdmType::String, "known or rejected."),
        Property::read_only("reason", EdmType::String, "The reason."),
        Property::read_only("hint", EdmType::String, "How to correct them; empty for known lines."),
        Property::read_only("poolId", EdmType::Guid, "The pool that has the codes of known lines.")
            .nullable(),
        count("count", "The number of lines."),
        count(
            "firstLine",
            "The first of them; null if only callers with permission to claim may know it.",
        )
        .nullable(),
    ],
);

/// `esimpool.rejectedLine`
pub(super) static REJECTED_LINE: StructuredType = StructuredType::complex(
    "#esimpool.rejectedLine",
    "A line that was not imported.",
    &[
        count("line", "The line's number, from 1."),
        count("column", "The invalid column, from 1; null if the whole line is invalid.")
            .nullable(),
        Property::read_only("value", EdmType::String, "The value there, masked."),
        Property::read_only("reason", EdmType::String, "The reason."),
        Property::read_only("hint", EdmType::String, "How to correct it."),
    ],
);

/// The options of an import.
#[derive(Clone, Debug)]
pub struct ImportOptions {
    /// The new pool's name; by default the first label of the SM-DP+ host.
    pub display_name: Option<String>,
    /// How strictly codes are validated.
    pub mode: Validation,
    /// Whether valid lines are imported if others are rejected.
    pub partial: bool,
    /// Whether nothing is stored and only the report is made.
    pub dry_run: bool,
    /// The columns that may be ignored, separated by commas; `*` for all that are not understood.
    pub ignore_columns: String,
}

impl MostEntities for ImportOptions {}

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
        let partial = take_bool(&mut options, "partial")?;
        let dry_run = take_bool(&mut options, "dryrun")?;
        let ignore_columns = options.take("ignorecolumns").map(|option| option.value);
        let ignore_columns = ignore_columns.unwrap_or_default();
        options.finish()?;
        Ok(Self { display_name, mode, partial, dry_run, ignore_columns })
    }

    fn parameters(limits: &Limits) -> Vec<Value> {
        let boolean = json!({ "type": "boolean" });
        let mode = json!({ "type": "string", "enum": ["strict", "graph", "lenient"] });
        vec![
            parameters::option(
                "displayName",
                "The new pool's name; by default the first label of the SM-DP+ host.",
                &schema::not_blank(&limits.rules),
            ),
            parameters::option(
                "mode",
                "How strictly codes are validated; strict by default.",
                &mode,
            ),
            parameters::option(
                "partial",
                "Whether to import valid lines if others are rejected.",
                &boolean,
            ),
            parameters::option("dryRun", "Whether to store nothing and only report.", &boolean),
            parameters::option(
                "ignoreColumns",
                "The columns of the file that are ignored, by name and separated by commas; * for all \
                 that are not understood, which are refused otherwise.",
                &json!({ "type": "string" }),
            ),
        ]
    }
}

/// The response to an import.
#[derive(Debug, Serialize)]
pub struct ImportBody {
    #[serde(rename = "@odata.context", skip_serializing_if = "Option::is_none")]
    context: Option<String>,
    #[serde(flatten)]
    details: ImportDetails,
}

/// An import report inside a response.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportDetails {
    pool: Option<EntityBody<Pool>>,
    pool_display_name: Option<String>,
    import_id: Option<Uuid>,
    inserted: u64,
    duplicates: u64,
    rejected_count: u64,
    handed_out_count: u64,
    groups: Vec<LineGroupBody>,
    columns_understood: Vec<FileColumn>,
    columns_not_understood: Vec<FileColumn>,
    rejected: Vec<RejectedLine>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LineGroupBody {
    outcome: &'static str,
    reason: String,
    hint: String,
    pool_id: Option<Uuid>,
    count: u64,
    first_line: Option<u32>,
}

#[derive(Debug, Serialize)]
struct FileColumn {
    name: String,
    content: Option<String>,
}

#[derive(Debug, Serialize)]
struct RejectedLine {
    line: u32,
    column: Option<u32>,
    value: String,
    reason: String,
    hint: String,
}

impl From<LineGroup> for LineGroupBody {
    fn from(it: LineGroup) -> Self {
        let outcome = match it.outcome {
            LineOutcome::Known => "known",
            LineOutcome::Rejected => "rejected",
        };
        let LineGroup { reason, hint, pool, count, first_line, .. } = it;
        let pool_id = pool.map(PoolId::uuid);
        Self { outcome, reason, hint, pool_id, count, first_line }
    }
}

impl From<Rejection> for RejectedLine {
    fn from(it: Rejection) -> Self {
        let Rejection { line, column, value, reason, hint } = it;
        Self { line, column, value, reason, hint }
    }
}

impl ImportBody {
    /// The report with its context.
    #[must_use]
    pub fn new(report: ImportReport, links: &Links) -> Self {
        let context = links.context(IMPORT_REPORT.qualified_name());
        Self { context, details: ImportDetails::new(report, links) }
    }

    /// Its JSON schema, for the OpenAPI document.
    #[must_use]
    pub fn schema() -> Value {
        schema::reference(&IMPORT_REPORT)
    }
}

impl ImportDetails {
    /// The report, with links for the client of this request.
    #[must_use]
    pub fn new(report: ImportReport, links: &Links) -> Self {
        let understood = report.understood.into_iter();
        let understood =
            understood.map(|(name, content)| FileColumn { name, content: Some(content) });
        let others =
            report.not_understood.into_iter().map(|name| FileColumn { name, content: None });
        let name = report.pool.as_ref().map(|pool| &pool.display_name).or(report.new_pool.as_ref());
        Self {
            pool_display_name: name.map(|name| name.as_str().to_owned()),
            pool: report.pool.map(|pool| EntityBody::complete(None, pool, links)),
            import_id: report.import.map(ImportId::uuid),
            inserted: report.inserted,
            duplicates: report.duplicates,
            rejected_count: report.rejected_count,
            handed_out_count: report.handed_out_count,
            groups: report.groups.into_iter().map(LineGroupBody::from).collect(),
            columns_understood: understood.collect(),
            columns_not_understood: others.collect(),
            rejected: report.rejected.into_iter().map(RejectedLine::from).collect(),
        }
    }
}
