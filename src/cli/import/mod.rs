//! `esimpool import`

mod file;

use std::io::{Write, stdout};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, Response};
use serde::Deserialize;

use super::api::{self, Api, ApiArguments, ErrorResponse, Pool, PoolSelector};
use super::common::{Common, Failure, block_on};
use super::table::{number, table};
use crate::auth::Permission;
use crate::domain::{IdGenerator, RequestId};

use file::Upload;

#[derive(Debug, Args)]
pub(super) struct ImportArguments {
    /// The carrier's file, or - for standard input
    file: PathBuf,
    /// The pool for the codes, by name or id; a new name creates a pool [default: a new pool, named
    /// after the first label of the file's host]
    #[arg(long, value_name = "NAME|ID")]
    pool: Option<PoolSelector>,
    /// Validate the file and report the result, without storing anything
    #[arg(long)]
    dry_run: bool,
    /// How strictly to validate codes
    #[arg(long, value_enum, default_value_t = Mode::Strict)]
    mode: Mode,
    /// Import the valid lines even if others are rejected
    #[arg(long)]
    partial: bool,
    /// Columns of the file to ignore, separated by commas; * for all that are not understood
    #[arg(long, value_name = "NAMES")]
    ignore_columns: Option<String>,
    #[command(flatten)]
    api: ApiArguments,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Mode {
    Strict,
    Graph,
    Lenient,
}

/// The response to an import.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    pool: Option<Pool>,
    inserted: u64,
    duplicates: u64,
    rejected_count: u64,
    columns_not_understood: Vec<FileColumn>,
    rejected: Vec<Rejected>,
}

#[derive(Debug, Deserialize)]
struct FileColumn {
    name: String,
}

#[derive(Debug, Deserialize)]
struct Rejected {
    line: u64,
    column: Option<u64>,
    value: String,
    reason: String,
    hint: String,
}

/// Imports a file of codes with a progress bar, and reports the rejected lines.
pub(super) fn import(common: &Common, arguments: &ImportArguments) -> Result<(), Failure> {
    // The second one to be told which lines hold codes that were handed out.
    let permissions = [Permission::ConfigurationReadWriteAll, Permission::ActivationCodeClaimAll];
    let api = Api::connect(&arguments.api, common, &permissions)?;
    let (report, stored) = block_on(run(&api, arguments))??;
    stdout().write_all(report_text(&report, stored, arguments.dry_run).as_bytes())?;
    match report.rejected_count {
        0 => Ok(()),
        1 => Err("1 line was rejected".into()),
        many => Err(format!("{} lines were rejected", number(many)).into()),
    }
}

/// The report of the import, and whether the codes were stored.
async fn run(api: &Api, arguments: &ImportArguments) -> Result<(Report, bool), Failure> {
    let upload = Upload::of(&arguments.file).await?;
    let path = path(api, arguments).await?;
    let response = send(api, &path, &upload).await;
    upload.finish();
    match response {
        Ok(response) => Ok((api::json(response).await?, !arguments.dry_run)),
        Err(failure) => {
            let response = failure.downcast_ref::<ErrorResponse>();
            let report = response.and_then(|response| serde_json::from_slice(&response.body).ok());
            report.map(|report| (report, false)).ok_or(failure)
        }
    }
}

/// The path to send the file to. Looking up the pool first shows before a long upload whether the
/// service is there and accepts the token.
async fn path(api: &Api, arguments: &ImportArguments) -> Result<String, Failure> {
    let mode = arguments.mode.to_possible_value();
    let mode = mode.as_ref().map_or("strict", |mode| mode.get_name());
    let mut options =
        format!("mode={mode}&partial={}&dryRun={}", arguments.partial, arguments.dry_run);
    if let Some(names) = &arguments.ignore_columns {
        options
            .extend(["&ignoreColumns=", &utf8_percent_encode(names, NON_ALPHANUMERIC).to_string()]);
    }
    let Some(selector) = &arguments.pool else {
        api.pools("&$filter=activationCodeCount lt 0").await?;
        return Ok(format!("/esimpool.import?{options}"));
    };
    if let Some(pool) = selector.find(api).await? {
        return Ok(format!("/{}/esimpool.import?{options}", pool.id));
    }
    let name = utf8_percent_encode(selector.text(), NON_ALPHANUMERIC);
    Ok(format!("/esimpool.import?{options}&displayName={name}"))
}

/// Sends the file, and retries if the service was busy or the connection broke. All attempts have one
/// idempotency key, so the file is imported only once.
async fn send(api: &Api, path: &str, upload: &Upload) -> Result<Response, Failure> {
    const MAX_ATTEMPTS: u32 = 4;

    let key: RequestId = IdGenerator::random().next();
    let mut attempts = 0;
    loop {
        attempts += 1;
        let request = api.request(Method::POST, path).header(CONTENT_TYPE, "text/csv");
        let request = request.header("Idempotency-Key", key.to_string());
        let failure = match api::send(upload.fill(request).await?).await {
            Ok(response) => return Ok(response),
            Err(failure) => failure,
        };
        let pause = match failure.downcast_ref::<ErrorResponse>() {
            Some(response) => response.retry_after,
            // The connection broke.
            None => Some(RETRY_DELAY),
        };
        let Some(pause) = pause.filter(|_| attempts < MAX_ATTEMPTS && upload.can_be_sent_again())
        else {
            return Err(failure);
        };
        upload.print(&format!("{failure}; retrying in {} s", pause.as_secs()));
        wait(pause).await;
    }
}

/// The delay before a retry if the service does not name one.
const RETRY_DELAY: Duration = Duration::from_secs(2);

#[expect(clippy::disallowed_methods, reason = "the service names the delay")]
async fn wait(pause: Duration) {
    tokio::time::sleep(pause).await;
}

/// The report as a sentence, with a table of the rejected lines.
fn report_text(report: &Report, stored: bool, dry_run: bool) -> String {
    let mut text = match &report.pool {
        Some(pool) if stored => format!(
            "imported {} into {} ({}), which now has {}",
            codes(report.inserted),
            pool.display_name,
            pool.id,
            number(pool.activation_code_count)
        ),
        _ if dry_run => format!("nothing was stored; {} would be imported", codes(report.inserted)),
        _ => "nothing was imported".to_owned(),
    };
    if report.duplicates > 0 {
        text.extend(["; skipped ", &codes(report.duplicates), " already stored"]);
    }
    text.push('\n');
    if !report.columns_not_understood.is_empty() {
        let names: Vec<_> =
            report.columns_not_understood.iter().map(|column| column.name.as_str()).collect();
        let what = if stored { "ignored" } else { "not understood" };
        text.extend(["columns ", what, ": ", &names.join(", "), "\n"]);
    }
    if report.rejected_count == 0 {
        return text;
    }
    let row = |it: &Rejected| {
        let column = it.column.map_or_else(String::new, |column| column.to_string());
        vec![it.line.to_string(), column, it.value.clone(), it.reason.clone(), it.hint.clone()]
    };
    let heads = [">line", ">column", "value", "reason", "what to do"];
    text.extend(["\n", &table(&heads, report.rejected.iter().map(row))]);
    let shown = report.rejected.len() as u64;
    if shown < report.rejected_count {
        text.extend(["and ", &number(report.rejected_count - shown), " more\n"]);
    }
    if !stored && !dry_run {
        text += NEXT_STEP;
    }
    text
}

const NEXT_STEP: &str =
    "\nFix these lines and import the file again, or import only the valid ones with --partial.\n";

fn codes(count: u64) -> String {
    if count == 1 { "1 code".to_owned() } else { number(count) + " codes" }
}
