//! Sends the requests of a file.

use std::time::{Duration, Instant};

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Client, Response};
use serde::Deserialize;

use super::outcome::{Expectation, Outcome, TestResponse};
use super::token_source::{Tokens, without_tokens};
use crate::cli::api::unreachable;
use crate::cli::output::shortened;

/// How long a request may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How much of a body is read for the error in it, in bytes.
const MAX_ERROR_BYTES: usize = 64 * 1024;
/// The longest error that is reported, in characters.
const MAX_ERROR_CHARS: usize = 300;

/// Sends requests to one service.
pub(super) struct Sender {
    client: Client,
    server: String,
    tokens: Tokens,
}

/// An error in Graph's shape.
#[derive(Deserialize)]
struct ErrorBody {
    error: ErrorDetail,
}

#[derive(Deserialize)]
struct ErrorDetail {
    code: String,
    message: String,
}

impl Sender {
    pub(super) fn new(client: Client, server: String, tokens: Tokens) -> Self {
        Self { client, server, tokens }
    }

    /// What comes of a request.
    pub(super) async fn outcome<'e>(&self, expectation: &'e Expectation) -> Outcome<'e> {
        let started = Instant::now();
        let token = self.tokens.get(&expectation.token);
        let url = format!("{}{}", self.server, expectation.path);
        let mut request = self.client.request(expectation.method.clone(), url).timeout(TIMEOUT);
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, format!("Bearer {}", token.reveal()));
        }
        if let Some(body) = &expectation.body {
            request = request.header(CONTENT_TYPE, &expectation.content_type).body(body.clone());
        }
        let hidden = |text: String| {
            let text = token.map_or_else(|| text.clone(), |token| token.hidden_in(&text));
            shortened(&without_tokens(&text), MAX_ERROR_CHARS)
        };
        let response = match request.send().await {
            Ok(response) => {
                let status = response.status().as_u16();
                let error = error_of(response).await.map(hidden);
                TestResponse::Status { status, error }
            }
            Err(error) => TestResponse::None(hidden(unreachable(&error).to_string())),
        };
        Outcome { expectation, response, took: started.elapsed() }
    }
}

/// The error that a response reports. All of the body is read if it is short, so that the connection
/// can be used again.
async fn error_of(mut response: Response) -> Option<String> {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_ERROR_BYTES {
            return None;
        }
    }
    let ErrorBody { error } = serde_json::from_slice(&body).ok()?;
    Some(format!("{}: {}", error.code, error.message))
}
