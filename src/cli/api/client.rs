//! Sends requests to a service.

use std::time::Duration;

use clap::Args;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::ErrorResponse;
use super::connection::{ConnectionArguments, unreachable};
use super::development_token::{development_token, token_request};
use crate::auth::Permission;
use crate::cli::common::{Common, Failure};
use crate::config::{Secrets, Settings};

#[derive(Debug, Args)]
#[command(next_help_heading = "Service")]
pub(in crate::cli) struct ApiArguments {
    #[command(flatten)]
    connection: ConnectionArguments,
    /// The access token [default: one from the development issuer of this data folder]
    #[arg(long, value_name = "T", env = "ESIMPOOL_TOKEN", hide_env_values = true)]
    token: Option<String>,
}

/// A client of a service.
#[derive(Debug)]
pub(in crate::cli) struct Api {
    client: Client,
    /// The URL below which everything is.
    beta: String,
    token: String,
}

const POOLS: &str = "embeddedSIMActivationCodePools";

impl Api {
    /// A client of the service that the arguments name. If no token was given, it uses one with these
    /// permissions.
    pub(in crate::cli) fn connect(
        arguments: &ApiArguments,
        common: &Common,
        permissions: &[Permission],
    ) -> Result<Self, Failure> {
        let settings = common.load(Secrets::Skip)?.settings;
        let server = arguments.connection.server(&settings)?;
        let token = match &arguments.token {
            Some(token) => token.trim().to_owned(),
            None => own_token(&settings, permissions)?,
        };
        let client = arguments.connection.client(&server)?;
        Ok(Self { client, beta: format!("{server}/beta"), token })
    }

    /// A request to a path below the pools, not yet sent.
    pub(in crate::cli) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}/deviceManagement/{POOLS}{path}", self.beta);
        self.client.request(method, url).bearer_auth(&self.token)
    }

    /// The JSON at a path below the pools.
    pub(in crate::cli) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        json(send(self.request(Method::GET, path)).await?).await
    }

    /// The JSON at a path below `/beta`.
    pub(in crate::cli) async fn get_below_beta<T: DeserializeOwned>(
        &self,
        path: &str,
    ) -> Result<T, Failure> {
        let url = format!("{}{path}", self.beta);
        json(send(self.client.get(url).bearer_auth(&self.token)).await?).await
    }

    /// A request with a JSON body to a path below the pools, not yet sent.
    pub(in crate::cli) fn json_request(
        &self,
        method: Method,
        path: &str,
        body: &serde_json::Value,
    ) -> RequestBuilder {
        let request = self.request(method, path).header(CONTENT_TYPE, "application/json");
        request.body(body.to_string())
    }

    /// The response to a JSON body, sent to a path below the pools.
    pub(in crate::cli) async fn send_json<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &serde_json::Value,
    ) -> Result<T, Failure> {
        json(send(self.json_request(method, path, body)).await?).await
    }

    /// The JSON at several paths below the pools, in order; `None` for those that do not exist.
    pub(in crate::cli) async fn get_all(
        &self,
        paths: &[String],
    ) -> Result<Vec<Option<serde_json::Value>>, Failure> {
        /// The maximum number of requests in a batch (Microsoft Graph's limit).
        const MAX_BATCH_REQUESTS: usize = 20;

        let mut all = Vec::with_capacity(paths.len());
        for chunk in paths.chunks(MAX_BATCH_REQUESTS) {
            let request = |(number, path): (usize, &String)| {
                let url = format!("/deviceManagement/{POOLS}{path}");
                serde_json::json!({ "id": number.to_string(), "method": "GET", "url": url })
            };
            let requests: Vec<_> = chunk.iter().enumerate().map(request).collect();
            let batch = serde_json::json!({ "requests": requests }).to_string();
            let url = format!("{}/$batch", self.beta);
            let request = self.client.post(url).bearer_auth(&self.token);
            let request = request.header(CONTENT_TYPE, "application/json").body(batch);
            let mut batch: BatchResponse = json(send(request).await?).await?;
            batch.responses.sort_by_key(|part| part.id.parse::<usize>().unwrap_or(usize::MAX));
            for part in batch.responses {
                let status = StatusCode::from_u16(part.status)?;
                if !status.is_success() && status != StatusCode::NOT_FOUND {
                    let body = part.body.to_string().into();
                    return Err(ErrorResponse { status, retry_after: None, body }.into());
                }
                all.push(status.is_success().then_some(part.body));
            }
        }
        Ok(all)
    }
}

#[derive(Deserialize)]
struct BatchResponse {
    responses: Vec<PartResponse>,
}

#[derive(Deserialize)]
struct PartResponse {
    id: String,
    status: u16,
    body: serde_json::Value,
}

/// Sends a request. A status other than success is an [`ErrorResponse`].
pub(in crate::cli) async fn send(request: RequestBuilder) -> Result<Response, Failure> {
    let response = request.send().await.map_err(|error| unreachable(&error))?;
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let seconds = response.headers().get(RETRY_AFTER).and_then(|it| it.to_str().ok()?.parse().ok());
    let retry_after = seconds.map(Duration::from_secs);
    let body = response.bytes().await.map_err(|error| unreachable(&error))?.to_vec();
    Err(ErrorResponse { status, retry_after, body }.into())
}

/// The JSON body of a response.
pub(in crate::cli) async fn json<T: DeserializeOwned>(response: Response) -> Result<T, Failure> {
    let body = response.bytes().await.map_err(|error| unreachable(&error))?;
    let json = serde_json::from_slice(&body);
    json.map_err(|_| "The response did not come from esimpool. Check --server.".into())
}

/// A token with these permissions from the development issuer of the data folder.
fn own_token(settings: &Settings, permissions: &[Permission]) -> Result<String, Failure> {
    let names = permissions.iter().map(|permission| permission.name().to_owned());
    let token = development_token(settings, &token_request(settings, names.collect()))?;
    token.ok_or_else(|| {
        let folder = settings.data_dir.display();
        format!(
            "no access token: set --token or ESIMPOOL_TOKEN ({folder} has no development issuer that \
             could issue one)"
        )
        .into()
    })
}
