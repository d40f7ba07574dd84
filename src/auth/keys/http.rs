//! Key sets over HTTP: OpenID Connect discovery, then the JWKS that it names. An issuer may be
//! down, slow or lying; this bounds what each of that can do here.

use std::error::Error;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, StatusCode, Url};
use serde::Deserialize;

use super::key_set::MAX_BYTES;
use super::{KeySet, KeySetError};

/// How long a fetch may take, both documents together.
const PATIENCE: Duration = Duration::from_secs(5);

/// The keys of one issuer, somewhere on the network.
#[derive(Clone, Debug)]
pub struct HttpKeys {
    at: Location,
    ca_file: Option<PathBuf>,
}

#[derive(Clone, Debug)]
enum Location {
    /// The discovery document of that issuer, which names the key set.
    Discovery { document: Url, issuer: String },
    /// The key set itself.
    KeySet(Url),
}

/// Why keys cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The file cannot be read, or holds no keys.
    #[error("{}: {cause}", path.display())]
    File {
        /// Where it should be.
        path: PathBuf,
        /// What is wrong.
        cause: String,
    },
    /// The certificates to trust cannot be read.
    #[error("ca_file {}: {cause}", path.display())]
    Certificates {
        /// Where they should be.
        path: PathBuf,
        /// What is wrong.
        cause: String,
    },
    /// Not a URL that can be fetched.
    #[error("'{0}' is not an http:// or https:// URL")]
    BadUrl(String),
    /// A document at an https URL names a key set that anybody on the way could change.
    #[error("jwks_uri '{0}' is not https, as the discovery document is")]
    Downgrade(String),
    /// Nobody answered, or not in HTTP.
    #[error("{0}")]
    Unreachable(String),
    /// It took too long.
    #[error("no answer within {} seconds", PATIENCE.as_secs())]
    TooSlow,
    /// An answer that is neither the document nor a redirect.
    #[error("{0} answered {1}")]
    Status(String, StatusCode),
    /// A redirect. None is followed: the settings can name the place itself.
    #[error("{0} answered with a redirect, and none is followed: set jwks_url or discovery_url")]
    Redirect(String),
    /// Not a discovery document.
    #[error("{0} is not a discovery document with 'issuer' and 'jwks_uri'")]
    NotDiscovery(String),
    /// The discovery document of somebody else (OpenID Connect Discovery section 4.3).
    #[error("{document} is that of the issuer '{found}', not of '{expected}'")]
    WrongIssuer {
        /// Where it lies.
        document: String,
        /// Whose it says it is.
        found: String,
        /// Whose it should be.
        expected: String,
    },
    /// Not a key set that can be used.
    #[error(transparent)]
    KeySet(#[from] KeySetError),
}

impl HttpKeys {
    /// The keys that the discovery document at `document` leads to.
    pub fn discovered(
        issuer: String,
        document: &str,
        ca_file: Option<PathBuf>,
    ) -> Result<Self, FetchError> {
        let at = Location::Discovery { document: url(document)?, issuer };
        Ok(Self { at, ca_file })
    }

    /// The keys in the JWKS document at `url`.
    pub fn at(key_set: &str, ca_file: Option<PathBuf>) -> Result<Self, FetchError> {
        Ok(Self { at: Location::KeySet(url(key_set)?), ca_file })
    }

    /// Whether anybody on the way could change the keys.
    #[must_use]
    pub fn is_exposed(&self) -> bool {
        self.url().scheme() != "https" && !is_loopback(self.url())
    }

    /// Whether the certificates to trust can be read.
    pub fn check(&self) -> Result<(), FetchError> {
        self.certificates().map(drop)
    }

    /// The keys that are there now.
    pub(super) async fn fetch(&self) -> Result<KeySet, FetchError> {
        let fetched = tokio::time::timeout(PATIENCE, self.fetch_in_peace()).await;
        fetched.unwrap_or(Err(FetchError::TooSlow))
    }

    async fn fetch_in_peace(&self) -> Result<KeySet, FetchError> {
        let client = self.client()?;
        let key_set = match &self.at {
            Location::KeySet(key_set) => key_set.clone(),
            Location::Discovery { document, issuer } => discover(&client, document, issuer).await?,
        };
        Ok(KeySet::parse(&get(&client, &key_set).await?)?)
    }

    fn url(&self) -> &Url {
        match &self.at {
            Location::Discovery { document: url, .. } | Location::KeySet(url) => url,
        }
    }

    /// A client for one fetch, with the certificates of the moment: they change as keys do.
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
            // A machine without any certificate needs none for plain http.
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
            return Err(fault("holds no certificate in PEM".to_owned()));
        }
        Ok(Some(certificates))
    }
}

/// The place of the key set that `issuer` publishes.
async fn discover(client: &Client, document: &Url, issuer: &str) -> Result<Url, FetchError> {
    #[derive(Deserialize)]
    struct Discovery {
        issuer: String,
        jwks_uri: String,
    }

    let text = get(client, document).await?;
    let found: Discovery = serde_json::from_slice(&text)
        .map_err(|_| FetchError::NotDiscovery(document.to_string()))?;
    if found.issuer != issuer {
        return Err(FetchError::WrongIssuer {
            document: document.to_string(),
            found: found.issuer,
            expected: issuer.to_owned(),
        });
    }
    let key_set = url(&found.jwks_uri)?;
    if document.scheme() == "https" && key_set.scheme() != "https" {
        return Err(FetchError::Downgrade(key_set.to_string()));
    }
    Ok(key_set)
}

/// A document, no longer than a key set may be.
async fn get(client: &Client, url: &Url) -> Result<Vec<u8>, FetchError> {
    let mut answer = client.get(url.clone()).send().await.map_err(|error| unreachable(&error))?;
    if answer.status().is_redirection() {
        return Err(FetchError::Redirect(url.to_string()));
    }
    if answer.status() != StatusCode::OK {
        return Err(FetchError::Status(url.to_string(), answer.status()));
    }
    let mut document = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| unreachable(&error))? {
        if document.len() + chunk.len() > MAX_BYTES {
            return Err(KeySetError::TooLong.into());
        }
        document.extend_from_slice(&chunk);
    }
    Ok(document)
}

fn url(text: &str) -> Result<Url, FetchError> {
    let url = Url::parse(text).ok().filter(|url| ["http", "https"].contains(&url.scheme()));
    url.ok_or_else(|| FetchError::BadUrl(text.to_owned()))
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// What went wrong, down to its cause: reqwest's own words stop at "error sending request".
fn unreachable(error: &reqwest::Error) -> FetchError {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        words = format!("{words}: {inner}");
        cause = inner.source();
    }
    FetchError::Unreachable(words)
}

impl fmt::Display for HttpKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.url().fmt(f)
    }
}
