//! Error responses of the service.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use reqwest::StatusCode;
use serde::Deserialize;

/// An error response.
#[derive(Debug)]
pub(in crate::cli) struct ErrorResponse {
    pub(in crate::cli) status: StatusCode,
    /// How long to wait before retrying, if the service says so.
    pub(in crate::cli) retry_after: Option<Duration>,
    pub(in crate::cli) body: Vec<u8>,
}

#[derive(Deserialize)]
struct ErrorBody {
    error: ErrorDetail,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ErrorDetail {
    message: String,
    inner_error: InnerError,
}

#[derive(Deserialize)]
struct InnerError {
    #[serde(rename = "request-id")]
    request_id: String,
}

impl ErrorResponse {
    /// What the service said, without what is different for each request.
    pub(in crate::cli) fn message(&self) -> String {
        match serde_json::from_slice::<ErrorBody>(&self.body) {
            Ok(ErrorBody { error }) => error.message,
            Err(_) => self.to_string(),
        }
    }
}

impl fmt::Display for ErrorResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match serde_json::from_slice::<ErrorBody>(&self.body) {
            Ok(ErrorBody { error }) => write!(
                f,
                "{}: {} (request-id {})",
                self.status, error.message, error.inner_error.request_id
            ),
            Err(_) => write!(
                f,
                "status {}, but the response did not come from esimpool; check --server",
                self.status
            ),
        }
    }
}

impl Error for ErrorResponse {}
