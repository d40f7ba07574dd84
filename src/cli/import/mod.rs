//! `esimpool import`

mod arguments;
mod file;
mod report;
mod target;
mod undo;

use std::io::{Write, stdout};
use std::path::Path;
use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, Response};

use super::api::{self, Api, ErrorResponse, Patience};
use super::common::{Common, Failure, block_on};
use super::output::number;
use crate::auth::Permission;
use crate::domain::{IdGenerator, RequestId};

pub(super) use arguments::ImportArguments;
use file::Upload;
use report::Report;

/// Imports a file of codes with a progress bar, and reports the rejected lines.
pub(super) fn import(common: &Common, arguments: &ImportArguments) -> Result<(), Failure> {
    // The second one to be told which lines hold codes that were handed out.
    let permissions = [Permission::ConfigurationReadWriteAll, Permission::ActivationCodeClaimAll];
    let api = Api::connect(&arguments.api, common, &permissions)?;
    let file = match (&arguments.file, arguments.undo) {
        (_, Some(import)) => return undo::undo(&api, import),
        (Some(file), None) => file,
        (None, None) => return Err("name a file to import".into()),
    };
    let (report, stored) = block_on(run(&api, file, arguments))??;
    stdout().write_all(report.text(stored, arguments.dry_run).as_bytes())?;
    match report.rejected_count {
        0 => Ok(()),
        1 => Err("1 line was rejected".into()),
        many => Err(format!("{} lines were rejected", number(many)).into()),
    }
}

/// The report of the import, and whether the codes were stored.
async fn run(
    api: &Api,
    file: &Path,
    arguments: &ImportArguments,
) -> Result<(Report, bool), Failure> {
    let upload = Upload::of(file).await?;
    let path = target::path(api, arguments).await?;
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

/// Sends the file, and retries if the service was busy or the connection broke. All attempts have one
/// idempotency key, so the file is imported only once.
async fn send(api: &Api, path: &str, upload: &Upload) -> Result<Response, Failure> {
    /// How long a busy service or a broken connection is worth another attempt.
    const PATIENCE: Duration = Duration::from_mins(2);

    let key: RequestId = IdGenerator::random().next();
    let patience = Patience::of(PATIENCE);
    loop {
        let request = api.request(Method::POST, path).header(CONTENT_TYPE, "text/csv");
        let request = request.header("Idempotency-Key", key.to_string());
        let failure = match api::send(upload.fill(request).await?).await {
            Ok(response) => return Ok(response),
            Err(failure) => failure,
        };
        let pause = patience.pause(&failure).filter(|_| upload.can_be_sent_again());
        let Some(pause) = pause else { return Err(failure) };
        upload.print(&format!("{failure}; retrying in {} s", pause.as_secs()));
        api::wait(pause).await;
    }
}
