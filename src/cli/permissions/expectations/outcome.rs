//! A request with the status that is expected of it, and what came of it.

use std::time::Duration;

use reqwest::Method;

use super::token_source::without_tokens;

/// A request, and the status that it must be answered with.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Expectation {
    /// Its line in the file, from 1.
    pub(super) line: usize,
    /// The name of the source of its token; `none` if it has none.
    pub(super) token: String,
    pub(super) method: Method,
    /// With the query, if there is one.
    pub(super) path: String,
    pub(super) body: Option<String>,
    pub(super) content_type: String,
    pub(super) status: u16,
}

/// What came of a request.
#[derive(Debug)]
pub(super) struct Outcome<'e> {
    pub(super) expectation: &'e Expectation,
    pub(super) response: TestResponse,
    pub(super) took: Duration,
}

/// A response, as far as it matters. Its texts contain no token.
#[derive(Debug)]
pub(super) enum TestResponse {
    Status {
        status: u16,
        /// The error of a response in Graph's shape: its code and message.
        error: Option<String>,
    },
    /// There was none, for this reason.
    None(String),
}

impl Outcome<'_> {
    pub(super) fn is_expected(&self) -> bool {
        let expected = self.expectation.status;
        matches!(self.response, TestResponse::Status { status, .. } if status == expected)
    }

    /// The status, if there was a response.
    pub(super) fn status(&self) -> Option<u16> {
        match self.response {
            TestResponse::Status { status, .. } => Some(status),
            TestResponse::None(_) => None,
        }
    }

    /// What was different from what was expected, or `None`.
    pub(super) fn difference(&self) -> Option<String> {
        if self.is_expected() {
            return None;
        }
        let expected = self.expectation.status;
        Some(match &self.response {
            TestResponse::Status { status, error: Some(error) } => {
                format!("expected {expected}, got {status} {error}")
            }
            TestResponse::Status { status, error: None } => {
                format!("expected {expected}, got {status}")
            }
            TestResponse::None(reason) => format!("expected {expected}, got no response: {reason}"),
        })
    }

    /// The request and the expected status in a line.
    pub(super) fn title(&self) -> String {
        let Expectation { token, status, .. } = self.expectation;
        format!("{} with {token} is answered {status}", self.expectation.request())
    }
}

impl Expectation {
    /// The method and the path, to be printed.
    pub(super) fn request(&self) -> String {
        without_tokens(&format!("{} {}", self.method, self.path))
    }
}

/// Outcomes for the tests of the reports: one as expected, one with another status, one without a
/// response.
#[cfg(test)]
pub(super) mod samples {
    use std::time::Duration;

    use reqwest::Method;

    use super::{Expectation, Outcome, TestResponse};

    fn expectation(line: usize, path: &str) -> Expectation {
        Expectation {
            line,
            token: "reader".to_owned(),
            method: Method::GET,
            path: path.to_owned(),
            body: None,
            content_type: "application/json".to_owned(),
            status: 200,
        }
    }

    pub(in super::super) fn expectations() -> [Expectation; 3] {
        [expectation(4, "/a"), expectation(9, "/b?x='<&\"1\u{1}#5 # skip"), expectation(14, "/c\\")]
    }

    pub(in super::super) fn outcomes(expectations: &[Expectation; 3]) -> Vec<Outcome<'_>> {
        let refused = Some("Forbidden: <not> & \"never\"\u{1b}".to_owned());
        let responses = [
            TestResponse::Status { status: 200, error: None },
            TestResponse::Status { status: 403, error: refused },
            TestResponse::None("connection refused".to_owned()),
        ];
        let took = Duration::from_millis(1234);
        let outcomes = expectations.iter().zip(responses);
        outcomes.map(|(expectation, response)| Outcome { expectation, response, took }).collect()
    }
}
