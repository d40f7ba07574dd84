//! Graph's error envelope.

use serde::Serialize;

use super::import::ImportDetails;
use crate::domain::Timestamp;

/// `{"error": {…}}`: the body of every answer that is not a success.
#[derive(Debug, Serialize)]
pub struct ErrorBody {
    /// The only member that Graph has.
    pub error: ErrorDetail,
    /// What became of a file that was not imported.
    #[serde(flatten)]
    pub import: Option<ImportDetails>,
}

/// What went wrong.
#[derive(Debug, Serialize)]
pub struct ErrorDetail {
    /// One of the codes in the README's table.
    pub code: &'static str,
    /// For people: plain text.
    pub message: String,
    /// The property or option at fault, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// What to quote to whoever runs the service. Camel case: the Python SDK reads no other.
    #[serde(rename = "innerError")]
    pub inner_error: InnerError,
}

/// The request, by its names.
#[derive(Debug, Serialize)]
pub struct InnerError {
    /// UTC without zone or fraction, as Graph writes it here and nowhere else.
    pub date: String,
    /// The service's name for the request.
    #[serde(rename = "request-id")]
    pub request_id: String,
    /// The client's name for it.
    #[serde(rename = "client-request-id")]
    pub client_request_id: String,
}

impl InnerError {
    /// Names a request that failed at `at`.
    #[must_use]
    pub fn new(at: Timestamp, request_id: String, client_request_id: String) -> Self {
        let date: String = at.to_string().chars().take("2017-01-01T00:02:43".len()).collect();
        Self { date, request_id, client_request_id }
    }
}
