//! Fetches key sets over HTTP: the OpenID Connect discovery document, then the JWKS that it names.
//! An issuer may be down, slow or malicious, so time, size and redirects are limited.

use std::error::Error;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, StatusCode, Url};
use serde::Deserialize;

use super::key_set::MAX_KEY_SET_BYTES;
use super::{KeySet, KeySetError, masked_url};

/// The timeout of a fetch, for both documents together.
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);

/// The network location of an issuer's keys.
#[derive(Clone, Debug)]
pub struct HttpKeys {
    location: Location,
    ca_file: Option<PathBuf>,
}

#[derive(Clone, Debug)]
enum Location {
    /// The discovery document of `issuer`, which names the key set.
    Discovery { document: Url, issuer: String },
    /// The key set itself.
    KeySet(Url),
}

/// Why keys could not be fetched. URLs are [masked](masked_url()).
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The file cannot be read, or is not a usable key set.
    #[error("{}: {cause}", path.display())]
    File {
        /// The configured path.
        path: PathBuf,
        /// The reason.
        cause: String,
    },
    /// The file of trusted certificates cannot be read.
    #[error("ca_file {}: {cause}", path.display())]
    Certificates {
        /// The configured path.
        path: PathBuf,
        /// The reason.
        cause: String,
    },
    /// The URL is not an HTTP URL.
    #[error("'{0}' is not an http:// or https:// URL")]
    BadUrl(String),
    /// A discovery document with an https URL names a key set that could be modified in transit.
    #[error("jwks_uri '{0}' is not https, as the discovery document is")]
    Downgrade(String),
    /// There was no HTTP response.
    #[error("{0}")]
    Unreachable(String),
    /// The fetch timed out.
    #[error("no response within {} seconds", FETCH_TIMEOUT.as_secs())]
    TooSlow,
    /// The status is not 200.
    #[error("{0} responded with {1}")]
    Status(String, StatusCode),
    /// The response is a redirect. Redirects are not followed; the settings can name the final URL.
    #[error(
        "{0} responded with a redirect, which is not followed: set jwks_url or discovery_url to the final URL"
    )]
    Redirect(String),
    /// The response is not a discovery document.
    #[error("{0} is not a discovery document with 'issuer' and 'jwks_uri'")]
    NotDiscovery(String),
    /// The discovery document is another issuer's (OpenID Connect Discovery section 4.3).
    #[error("{document} belongs to the issuer '{found}', not '{expected}'")]
    WrongIssuer {
        /// Its URL.
        document: String,
        /// The issuer that it names.
        found: String,
        /// The configured issuer.
        expected: String,
    },
    /// The response is not a usable key set.
    #[error(transparent)]
    KeySet(#[from] KeySetError),
}

impl HttpKeys {
    /// Keys found by way of the discovery document at this URL.
    ///
    /// # Errors
    /// [`FetchError::BadUrl`]
    pub fn discovered(
        issuer: String,
        document: &str,
        ca_file: Option<PathBuf>,
    ) -> Result<Self, FetchError> {
        let location = Location::Discovery { document: url(document)?, issuer };
        Ok(Self { location, ca_file })
    }

    /// Keys in the JWKS document at this URL.
    ///
    /// # Errors
    /// [`FetchError::BadUrl`]
    pub fn at(key_set: &str, ca_file: Option<PathBuf>) -> Result<Self, FetchError> {
        Ok(Self { location: Location::KeySet(url(key_set)?), ca_file })
    }

    /// Whether the keys could be modified in transit: plain http to another machine.
    #[must_use]
    pub fn is_exposed(&self) -> bool {
        self.url().scheme() != "https" && !is_loopback(self.url())
    }

    /// Checks that the file of trusted certificates, if any, can be read.
    ///
    /// # Errors
    /// [`FetchError::Certificates`]
    pub fn check(&self) -> Result<(), FetchError> {
        self.certificates().map(drop)
    }

    pub(super) async fn fetch(&self) -> Result<KeySet, FetchError> {
        let fetched = tokio::time::timeout(FETCH_TIMEOUT, self.fetch_untimed()).await;
        fetched.unwrap_or(Err(FetchError::TooSlow))
    }

    async fn fetch_untimed(&self) -> Result<KeySet, FetchError> {
        let client = self.client()?;
        let key_set = match &self.location {
            Location::KeySet(key_set) => key_set.clone(),
            Location::Discovery { document, issuer } => discover(&client, document, issuer).await?,
        };
        Ok(KeySet::parse(&get(&client, &key_set).await?)?)
    }

    fn url(&self) -> &Url {
        match &self.location {
            Location::Discovery { document: url, .. } | Location::KeySet(url) => url,
        }
    }

    /// A client for one fetch. It reads the certificates anew, because they are replaced as keys are.
    fn client(&self) -> Result<Client, FetchError> {
        let client = |certificates: Option<Vec<Certificate>>| {
            let mut client = Client::builder()
                .user_agent(concat!("esimpool/", env!("CARGO_PKG_VERSION")))
                .redirect(Policy::none());
            if is_loopback(self.url()) {
                client = client.no_proxy();
            }
            if let Some(certificates) = certificates {
                client = client.tls_certs_only(certificates);
            }
            client.build()
        };
        let built = match self.certificates()? {
            // Plain http works on a machine without any certificates.
            None if self.url().scheme() == "http" => client(None).or_else(|_| client(Some(vec![]))),
            certificates => client(certificates),
        };
        built.map_err(|error| unreachable(&error))
    }

    fn certificates(&self) -> Result<Option<Vec<Certificate>>, FetchError> {
        let Some(path) = &self.ca_file else { return Ok(None) };
        let fault = |cause: String| FetchError::Certificates { path: path.clone(), cause };
        let pem = std::fs::read(path).map_err(|error| fault(error.to_string()))?;
        let certificates =
            Certificate::from_pem_bundle(&pem).map_err(|error| fault(error.to_string()))?;
        if certificates.is_empty() {
            return Err(fault("contains no PEM certificate".to_owned()));
        }
        Ok(Some(certificates))
    }
}

/// The URL of the key set that `issuer` publishes.
async fn discover(client: &Client, document: &Url, issuer: &str) -> Result<Url, FetchError> {
    #[derive(Deserialize)]
    struct Discovery {
        issuer: String,
        jwks_uri: String,
    }

    let body = get(client, document).await?;
    let found: Discovery = serde_json::from_slice(&body)
        .map_err(|_| FetchError::NotDiscovery(masked_url(document.as_str())))?;
    if found.issuer != issuer {
        return Err(FetchError::WrongIssuer {
            document: masked_url(document.as_str()),
            found: masked_url(&found.issuer),
            expected: masked_url(issuer),
        });
    }
    let key_set = url(&found.jwks_uri)?;
    if document.scheme() == "https" && key_set.scheme() != "https" {
        return Err(FetchError::Downgrade(masked_url(key_set.as_str())));
    }
    Ok(key_set)
}

/// The body of a response, which may be no longer than a key set.
async fn get(client: &Client, url: &Url) -> Result<Vec<u8>, FetchError> {
    let unreachable = |error: reqwest::Error| {
        let error = unreachable(&error.without_url());
        FetchError::Unreachable(format!("{}: {error}", masked_url(url.as_str())))
    };
    let mut response = client.get(url.clone()).send().await.map_err(unreachable)?;
    if response.status().is_redirection() {
        return Err(FetchError::Redirect(masked_url(url.as_str())));
    }
    if response.status() != StatusCode::OK {
        return Err(FetchError::Status(masked_url(url.as_str()), response.status()));
    }
    let mut document = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        if document.len() + chunk.len() > MAX_KEY_SET_BYTES {
            return Err(KeySetError::TooLong.into());
        }
        document.extend_from_slice(&chunk);
    }
    Ok(document)
}

fn url(text: &str) -> Result<Url, FetchError> {
    let url = Url::parse(text).ok().filter(|url| ["http", "https"].contains(&url.scheme()));
    url.ok_or_else(|| FetchError::BadUrl(masked_url(text)))
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// An error with all its causes: reqwest's own message ends at "error sending request".
fn unreachable(error: &reqwest::Error) -> FetchError {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        message = format!("{message}: {inner}");
        cause = inner.source();
    }
    FetchError::Unreachable(message)
}

impl fmt::Display for HttpKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&masked_url(self.url().as_str()))
    }
}
