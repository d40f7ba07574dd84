//! `esimpool import`

mod arguments;
mod file;
mod report;
mod target;

use std::io::{Write, stdout};
use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, Response};

use super::api::{self, Api, ErrorResponse};
use super::common::{Common, Failure, block_on};
use super::table::number;
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
    let (report, stored) = block_on(run(&api, arguments))??;
    stdout().write_all(report.text(stored, arguments.dry_run).as_bytes())?;
    match report.rejected_count {
        0 => Ok(()),
        1 => Err("1 line was rejected".into()),
        many => Err(format!("{} lines were rejected", number(many)).into()),
    }
}

/// The report of the import, and whether the codes were stored.
async fn run(api: &Api, arguments: &ImportArguments) -> Result<(Report, bool), Failure> {
    let upload = Upload::of(&arguments.file).await?;
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
