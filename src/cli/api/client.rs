//! Sends requests to a service.

use std::error::Error;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Certificate, Client, Method, RequestBuilder, Response, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::app::{development_is_on, service_urls};
use crate::auth::{DevelopmentIssuer, Permission, TokenRequest};
use crate::cli::common::{Common, Failure};
use crate::clock::Clock;
use crate::config::{Secrets, Settings};
use crate::host::listener_url;

#[derive(Debug, Args)]
#[command(next_help_heading = "Service")]
pub(in crate::cli) struct ApiArguments {
    /// The URL of the service, such as `https://esim.example.com` [default: from the settings]
    #[arg(long, value_name = "URL", env = "ESIMPOOL_SERVER")]
    server: Option<String>,
    /// The access token [default: one from the development issuer of this data folder]
    #[arg(long, value_name = "T", env = "ESIMPOOL_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// Certificates (PEM) to trust instead of the system's
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
}

/// A client of a service.
#[derive(Debug)]
pub(in crate::cli) struct Api {
    client: Client,
    /// The URL below which pools and the audit log are.
    management: String,
    token: String,
}

/// An error response.
#[derive(Debug)]
pub(in crate::cli) struct ErrorResponse {
    pub(in crate::cli) status: StatusCode,
    /// How long to wait before retrying, if the service says so.
    pub(in crate::cli) retry_after: Option<Duration>,
    pub(in crate::cli) body: Vec<u8>,
}

const POOLS: &str = "embeddedSIMActivationCodePools";
/// How long the tokens that commands issue for themselves are valid.
const TOKEN_TTL: Duration = Duration::from_hours(12);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

impl Api {
    /// A client of the service that the arguments name. If no token was given, it uses one with these
    /// permissions.
    pub(in crate::cli) fn connect(
        arguments: &ApiArguments,
        common: &Common,
        permissions: &[Permission],
    ) -> Result<Self, Failure> {
        let settings = common.load(Secrets::Skip)?.settings;
        let server = match &arguments.server {
            Some(server) => server.trim_end_matches('/').trim_end_matches("/beta").to_owned(),
            None => local_server(settings.server.listen)?,
        };
        let token = match &arguments.token {
            Some(token) => token.trim().to_owned(),
            None => development_token(&settings, permissions)?,
        };
        Ok(Self {
            client: client(arguments.ca_file.as_deref(), &server)?,
            management: format!("{server}/beta/deviceManagement"),
            token,
        })
    }

    /// A request to a path below the pools, not yet sent.
    pub(in crate::cli) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}/{POOLS}{path}", self.management);
        self.client.request(method, url).bearer_auth(&self.token)
    }

    /// The JSON at a path below the pools.
    pub(in crate::cli) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        json(send(self.request(Method::GET, path)).await?).await
    }

    /// The JSON at a path below `/beta/deviceManagement`.
    pub(super) async fn get_below_management<T: DeserializeOwned>(
        &self,
        path: &str,
    ) -> Result<T, Failure> {
        let url = format!("{}{path}", self.management);
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
            let url = self.management.replace("deviceManagement", "$batch");
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

/// The URL of the service with these settings.
fn local_server(listen: SocketAddr) -> Result<String, Failure> {
    if listen.port() == 0 {
        return Err(
            "server.listen chooses a free port; give the URL of the service with --server".into()
        );
    }
    Ok(listener_url("http", listen))
}

/// A token from the development issuer of this data folder, which its service trusts.
fn development_token(settings: &Settings, permissions: &[Permission]) -> Result<String, Failure> {
    if !development_is_on(settings) || !DevelopmentIssuer::exists(&settings.data_dir) {
        return Err(format!(
            "no access token: set --token or ESIMPOOL_TOKEN ({} has no development issuer that could \
             issue one)",
            settings.data_dir.display()
        )
        .into());
    }
    let (issuer, _) = DevelopmentIssuer::open(&settings.data_dir)?;
    let request = TokenRequest {
        service: service_urls(settings).default_url().to_owned(),
        permissions: permissions.iter().map(|permission| permission.name().to_owned()).collect(),
        delegated: false,
        tenant: DevelopmentIssuer::TENANT.into(),
        audience: DevelopmentIssuer::AUDIENCE.to_owned(),
        ttl: TOKEN_TTL,
        wrong: None,
    };
    Ok(issuer.token(&request, Clock::system().now()))
}

fn client(ca_file: Option<&Path>, server: &str) -> Result<Client, Failure> {
    let builder = || {
        Client::builder()
            .user_agent(concat!("esimpool/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            // The token must not be sent to any other server.
            .redirect(reqwest::redirect::Policy::none())
    };
    let Some(path) = ca_file else {
        let built = builder().build();
        // Plain http works on a machine without any certificates.
        let plain = |_| builder().tls_certs_only([]).build();
        return Ok(if server.starts_with("http:") { built.or_else(plain)? } else { built? });
    };
    let fault = |cause: &dyn fmt::Display| format!("--ca-file {}: {cause}", path.display());
    let pem = std::fs::read(path).map_err(|error| fault(&error))?;
    let certificates = Certificate::from_pem_bundle(&pem).map_err(|error| fault(&error))?;
    if certificates.is_empty() {
        return Err(fault(&"contains no PEM certificate").into());
    }
    Ok(builder().tls_certs_only(certificates).build()?)
}

/// A request without a response: the innermost cause, and the server without path and query.
fn unreachable(error: &reqwest::Error) -> Failure {
    let server = error.url().map(|url| url.origin().ascii_serialization()).unwrap_or_default();
    let mut cause: &dyn Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let hint = if error.is_connect() { "; is it running? Check --server" } else { "" };
    format!("{server} does not respond: {cause}{hint}").into()
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
