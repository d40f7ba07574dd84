//! Graph's error envelope.

use serde::Serialize;

use super::import::ImportDetails;
use crate::domain::Timestamp;

/// `{"error": {…}}`: the body of every response with an error status.
#[derive(Debug, Serialize)]
pub struct ErrorBody {
    /// The error: Graph's only member.
    pub error: ErrorDetail,
    /// The report of an import that failed.
    #[serde(flatten)]
    pub import: Option<ImportDetails>,
}

/// The error.
#[derive(Debug, Serialize)]
pub struct ErrorDetail {
    /// The error code: one of the table of errors in the documentation.
    pub code: &'static str,
    /// What is wrong and what to change, for people.
    pub message: String,
    /// The invalid property or option, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// What identifies the request to the operator. In camel case: the Python SDK reads no other.
    #[serde(rename = "innerError")]
    pub inner_error: InnerError,
}

/// What identifies a request.
#[derive(Debug, Serialize)]
pub struct InnerError {
    /// The time in UTC without zone and fraction, a form that Graph uses here only.
    pub date: String,
    /// The service's id of the request.
    #[serde(rename = "request-id")]
    pub request_id: String,
    /// The client's id of the request.
    #[serde(rename = "client-request-id")]
    pub client_request_id: String,
}

impl InnerError {
    /// Identifies a request that failed at the time `at`.
    #[must_use]
    pub fn new(at: Timestamp, request_id: String, client_request_id: String) -> Self {
        let date: String = at.to_string().chars().take("2017-01-01T00:02:43".len()).collect();
        Self { date, request_id, client_request_id }
    }
}
