//! The service as a client of it sees it: where it is, who is asking, and what it answers. For the
//! commands that talk to a running service, here or anywhere.

mod pools;

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

use super::banner::base_url;
use super::{Common, Failure};
use crate::app::development_is_on;
use crate::auth::{DevelopmentIssuer, Permission, TokenRequest};
use crate::clock::Clock;
use crate::config::{Secrets, Settings};

pub(super) use pools::{Pool, PoolNamed};

/// Where the service is, and who is asking.
#[derive(Debug, Args)]
pub(super) struct ApiArguments {
    /// The service, as `https://esim.example.com` [default: the one of these settings]
    #[arg(long, value_name = "URL", env = "ESIMPOOL_SERVER")]
    server: Option<String>,
    /// The token of who is asking [default: one of this data folder's development issuer]
    #[arg(long, value_name = "T", env = "ESIMPOOL_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// Certificates (PEM) to trust in place of the machine's
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
}

/// A service that can be asked.
#[derive(Debug)]
pub(super) struct Api {
    client: Client,
    /// The URL of the pools.
    pools: String,
    token: String,
}

/// What the service answers in place of what was asked for.
#[derive(Debug)]
pub(super) struct Refused {
    status: StatusCode,
    /// When to ask again, if it may help.
    pub(super) retry_after: Option<Duration>,
    /// The whole answer.
    pub(super) body: Vec<u8>,
}

/// How long a token is good for that a command makes for itself.
const A_WHILE: Duration = Duration::from_hours(12);
/// How long a connection may take.
const PATIENCE: Duration = Duration::from_secs(10);

impl Api {
    /// The service that the arguments name, for whoever has these permissions.
    pub(super) fn connect(
        arguments: &ApiArguments,
        common: &Common,
        permissions: &[Permission],
    ) -> Result<Self, Failure> {
        let settings = common.load(Secrets::Leave)?.settings;
        let server = match &arguments.server {
            Some(server) => server.trim_end_matches('/').trim_end_matches("/beta").to_owned(),
            None => at_home(settings.server.listen)?,
        };
        let token = match &arguments.token {
            Some(token) => token.trim().to_owned(),
            None => own_token(&settings, permissions)?,
        };
        Ok(Self {
            client: client(arguments.ca_file.as_deref(), &server)?,
            pools: format!("{server}/beta/deviceManagement/embeddedSIMActivationCodePools"),
            token,
        })
    }

    /// A request to a path below the pools, to be completed and sent.
    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.pools)).bearer_auth(&self.token)
    }

    /// What a path below the pools shows.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        read(answer(self.request(Method::GET, path)).await?).await
    }

    /// What several paths below the pools show, in their order; `None` of what is not there.
    pub(super) async fn get_all(
        &self,
        paths: &[String],
    ) -> Result<Vec<Option<serde_json::Value>>, Failure> {
        /// So many the service takes together.
        const TOGETHER: usize = 20;

        let mut all = Vec::with_capacity(paths.len());
        for some in paths.chunks(TOGETHER) {
            let request = |(number, path): (usize, &String)| {
                let url = format!("/deviceManagement/embeddedSIMActivationCodePools{path}");
                serde_json::json!({ "id": number.to_string(), "method": "GET", "url": url })
            };
            let requests: Vec<_> = some.iter().enumerate().map(request).collect();
            let batch = serde_json::json!({ "requests": requests }).to_string();
            let url =
                self.pools.replace("deviceManagement/embeddedSIMActivationCodePools", "$batch");
            let request = self.client.post(url).bearer_auth(&self.token);
            let request = request.header(CONTENT_TYPE, "application/json").body(batch);
            let mut batch: Batch = read(answer(request).await?).await?;
            batch.responses.sort_by_key(|part| part.id.parse::<usize>().unwrap_or(usize::MAX));
            for part in batch.responses {
                let status = StatusCode::from_u16(part.status)?;
                if !status.is_success() && status != StatusCode::NOT_FOUND {
                    let body = part.body.to_string().into();
                    return Err(Refused { status, retry_after: None, body }.into());
                }
                all.push(status.is_success().then_some(part.body));
            }
        }
        Ok(all)
    }
}

#[derive(Deserialize)]
struct Batch {
    responses: Vec<Part>,
}

#[derive(Deserialize)]
struct Part {
    id: String,
    status: u16,
    body: serde_json::Value,
}

/// Sends a request; what is no success is a failure.
pub(super) async fn answer(request: RequestBuilder) -> Result<Response, Failure> {
    let answer = request.send().await.map_err(|error| unreachable(&error))?;
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    let seconds = answer.headers().get(RETRY_AFTER).and_then(|it| it.to_str().ok()?.parse().ok());
    let retry_after = seconds.map(Duration::from_secs);
    let body = answer.bytes().await.map_err(|error| unreachable(&error))?.to_vec();
    Err(Refused { status, retry_after, body }.into())
}

/// An answer's JSON.
pub(super) async fn read<T: DeserializeOwned>(answer: Response) -> Result<T, Failure> {
    let body = answer.bytes().await.map_err(|error| unreachable(&error))?;
    let read = serde_json::from_slice(&body);
    read.map_err(|_| "the answer is none of this service: is --server its address?".into())
}

/// Where the service of these settings listens.
fn at_home(listen: SocketAddr) -> Result<String, Failure> {
    if listen.port() == 0 {
        return Err("server.listen leaves the port open: name the service by --server".into());
    }
    Ok(base_url("http", listen))
}

/// A token that the service of this very data folder believes.
fn own_token(settings: &Settings, permissions: &[Permission]) -> Result<String, Failure> {
    if !development_is_on(settings) || !DevelopmentIssuer::exists(&settings.data_dir) {
        return Err(format!(
            "who is asking? Give a token by --token or ESIMPOOL_TOKEN: {} holds no development \
             issuer that could make one",
            settings.data_dir.display()
        )
        .into());
    }
    let (issuer, _) = DevelopmentIssuer::open(&settings.data_dir)?;
    let request = TokenRequest {
        permissions: permissions.iter().map(|permission| permission.name().to_owned()).collect(),
        delegated: false,
        tenant: DevelopmentIssuer::TENANT.into(),
        audience: DevelopmentIssuer::AUDIENCE.to_owned(),
        ttl: A_WHILE,
        wrong: None,
    };
    Ok(issuer.token(&request, Clock::system().now()))
}

fn client(ca_file: Option<&Path>, server: &str) -> Result<Client, Failure> {
    let builder = || {
        Client::builder()
            .user_agent(concat!("esimpool/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(PATIENCE)
            // A token is for the service that was named, not for where it points to.
            .redirect(reqwest::redirect::Policy::none())
    };
    let Some(path) = ca_file else {
        let built = builder().build();
        // A machine without any certificate needs none for plain http.
        let plain = |_| builder().tls_certs_only([]).build();
        return Ok(if server.starts_with("http:") { built.or_else(plain)? } else { built? });
    };
    let fault = |cause: &dyn fmt::Display| format!("--ca-file {}: {cause}", path.display());
    let pem = std::fs::read(path).map_err(|error| fault(&error))?;
    let certificates = Certificate::from_pem_bundle(&pem).map_err(|error| fault(&error))?;
    if certificates.is_empty() {
        return Err(fault(&"holds no certificate in PEM").into());
    }
    Ok(builder().tls_certs_only(certificates).build()?)
}

/// Nobody answered: what reqwest says of it, down to the cause, without the URL's query.
fn unreachable(error: &reqwest::Error) -> Failure {
    let server = error.url().map(|url| url.origin().ascii_serialization()).unwrap_or_default();
    let mut cause: &dyn Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let hint = if error.is_connect() { "; is it running? --server names another" } else { "" };
    format!("{server} does not answer: {cause}{hint}").into()
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Body {
            error: Detail,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Detail {
            message: String,
            inner_error: Inner,
        }
        #[derive(Deserialize)]
        struct Inner {
            #[serde(rename = "request-id")]
            request_id: String,
        }
        match serde_json::from_slice::<Body>(&self.body) {
            Ok(Body { error }) => write!(
                f,
                "{}: {} (request-id {})",
                self.status, error.message, error.inner_error.request_id
            ),
            Err(_) => write!(f, "the server answered {}, not in this service's way", self.status),
        }
    }
}

impl Error for Refused {}
