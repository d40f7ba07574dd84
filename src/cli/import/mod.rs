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

use super::api::{self, Api, ApiArguments, Pool, PoolNamed, Refused};
use super::table::{number, table};
use super::{Common, Failure, block_on};
use crate::auth::Permission;
use crate::domain::{Ids, RequestId};

use file::Upload;

/// Which file, and where its codes go.
#[derive(Debug, Args)]
pub(super) struct ImportArguments {
    /// The carrier's file; - for standard input
    file: PathBuf,
    /// The pool that takes the codes, by its id or name; a name that no pool has makes a new one
    /// [default: a new pool with the first label of the file's host]
    #[arg(long, value_name = "NAME|ID")]
    pool: Option<PoolNamed>,
    /// Only say what would come of it
    #[arg(long)]
    dry_run: bool,
    /// How closely codes are looked at
    #[arg(long, value_enum, default_value_t = Mode::Strict)]
    mode: Mode,
    /// Take the good lines although others are rejected
    #[arg(long)]
    partial: bool,
    #[command(flatten)]
    api: ApiArguments,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Mode {
    Strict,
    Graph,
    Lenient,
}

/// What came of it, as the service tells.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    pool: Option<Pool>,
    inserted: u64,
    duplicates: u64,
    rejected_count: u64,
    rejected: Vec<Rejected>,
}

#[derive(Debug, Deserialize)]
struct Rejected {
    line: u64,
    column: Option<u64>,
    value: String,
    reason: String,
    hint: String,
}

/// Imports a file of codes, with a bar while it is sent, and tells what was rejected.
pub(super) fn import(common: &Common, arguments: &ImportArguments) -> Result<(), Failure> {
    let api = Api::connect(&arguments.api, common, &[Permission::ConfigurationReadWriteAll])?;
    let (report, stored) = block_on(run(&api, arguments))??;
    stdout().write_all(told(&report, stored, arguments.dry_run).as_bytes())?;
    match report.rejected_count {
        0 => Ok(()),
        1 => Err("1 line was rejected".into()),
        many => Err(format!("{} lines were rejected", number(many)).into()),
    }
}

/// What came of it, and whether it was stored.
async fn run(api: &Api, arguments: &ImportArguments) -> Result<(Report, bool), Failure> {
    let upload = Upload::of(&arguments.file).await?;
    let path = path(api, arguments).await?;
    let answer = send(api, &path, &upload).await;
    upload.end();
    match answer {
        Ok(answer) => Ok((api::read(answer).await?, !arguments.dry_run)),
        Err(failure) => {
            let refused = failure.downcast_ref::<Refused>();
            let report = refused.and_then(|refused| serde_json::from_slice(&refused.body).ok());
            report.map(|report| (report, false)).ok_or(failure)
        }
    }
}

/// Where the file goes. Asking for the pool first shows at once, not after a long upload, whether
/// there is a service that lets this caller in.
async fn path(api: &Api, arguments: &ImportArguments) -> Result<String, Failure> {
    let mode = arguments.mode.to_possible_value();
    let mode = mode.as_ref().map_or("strict", |mode| mode.get_name());
    let options = format!("mode={mode}&partial={}&dryRun={}", arguments.partial, arguments.dry_run);
    let Some(named) = &arguments.pool else {
        api.pools("&$filter=activationCodeCount lt 0").await?;
        return Ok(format!("/esimpool.import?{options}"));
    };
    if let Some(pool) = named.find(api).await? {
        return Ok(format!("/{}/esimpool.import?{options}", pool.id));
    }
    let name = utf8_percent_encode(named.text(), NON_ALPHANUMERIC);
    Ok(format!("/esimpool.import?{options}&displayName={name}"))
}

/// Sends the file, and again where the service was busy or the answer was lost: under one key it
/// is imported once, however often it comes.
async fn send(api: &Api, path: &str, upload: &Upload) -> Result<Response, Failure> {
    const TRIES: u32 = 4;

    let key: RequestId = Ids::random().next();
    let mut tried = 0;
    loop {
        tried += 1;
        let request = api.request(Method::POST, path).header(CONTENT_TYPE, "text/csv");
        let request = request.header("Idempotency-Key", key.to_string());
        let failure = match api::answer(upload.fill(request).await?).await {
            Ok(answer) => return Ok(answer),
            Err(failure) => failure,
        };
        let pause = match failure.downcast_ref::<Refused>() {
            Some(refused) => refused.retry_after,
            // The connection broke.
            None => Some(PAUSE),
        };
        let Some(pause) = pause.filter(|_| tried < TRIES && upload.can_be_sent_again()) else {
            return Err(failure);
        };
        upload.say(&format!("{failure}; trying again in {} s", pause.as_secs()));
        wait(pause).await;
    }
}

/// How long to wait where the service does not say.
const PAUSE: Duration = Duration::from_secs(2);

#[expect(clippy::disallowed_methods, reason = "as the service asked")]
async fn wait(pause: Duration) {
    tokio::time::sleep(pause).await;
}

/// What came of it, in words and as a table.
fn told(report: &Report, stored: bool, dry_run: bool) -> String {
    let mut text = match &report.pool {
        Some(pool) if stored => format!(
            "imported {} into {} ({}), which has {} now",
            codes(report.inserted),
            pool.display_name,
            pool.id,
            number(pool.activation_code_count)
        ),
        _ if dry_run => format!("nothing was stored; {} would have been", codes(report.inserted)),
        _ => "nothing was imported".to_owned(),
    };
    if report.duplicates > 0 {
        text.extend(["; ", &codes(report.duplicates), " there already, passed over"]);
    }
    text.push('\n');
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
        text += MEND;
    }
    text
}

const MEND: &str =
    "\nMend these lines and import the file again, or take the others with --partial.\n";

fn codes(count: u64) -> String {
    if count == 1 { "1 code".to_owned() } else { number(count) + " codes" }
}
