//! Where a service is, and the HTTP client for it.

use std::error::Error;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use reqwest::{Certificate, Client};

use crate::cli::common::Failure;
use crate::config::Settings;
use crate::host::listener_url;

#[derive(Debug, Args)]
#[command(next_help_heading = "Service")]
pub(in crate::cli) struct ConnectionArguments {
    /// The URL of the service, such as `https://esim.example.com` [default: from the settings]
    #[arg(long, visible_alias = "url", value_name = "URL", env = "ESIMPOOL_SERVER")]
    server: Option<String>,
    /// Certificates (PEM) to trust instead of the system's
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

impl ConnectionArguments {
    /// The URL of the service, without `/beta`: the given one, else that of a service with these
    /// settings.
    pub(in crate::cli) fn server(&self, settings: &Settings) -> Result<String, Failure> {
        let listen = settings.server.listen;
        match &self.server {
            Some(server) => Ok(server.trim_end_matches('/').trim_end_matches("/beta").to_owned()),
            None if listen.port() == 0 => {
                Err("server.listen chooses a free port; give the URL of the service with --server"
                    .into())
            }
            None => Ok(listener_url("http", listen)),
        }
    }

    /// A client for the service at the URL `server`.
    pub(in crate::cli) fn client(&self, server: &str) -> Result<Client, Failure> {
        let builder = || {
            Client::builder()
                .user_agent(concat!("esimpool/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(CONNECT_TIMEOUT)
                // The token must not be sent to any other server.
                .redirect(reqwest::redirect::Policy::none())
        };
        let Some(path) = &self.ca_file else {
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
}

/// A request without a response: the innermost cause, and the server without path and query.
pub(in crate::cli) fn unreachable(error: &reqwest::Error) -> Failure {
    let server = error.url().map(|url| url.origin().ascii_serialization()).unwrap_or_default();
    let mut cause: &dyn Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let hint = if error.is_connect() { "; is it running? Check --server" } else { "" };
    format!("{server} does not respond: {cause}{hint}").into()
}
