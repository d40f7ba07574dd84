//! HTTPS clients.

use std::path::Path;

use reqwest::{Certificate, Client};

pub const CERTIFICATE: &str = "development-certificate.pem";

/// A client that trusts this certificate.
pub fn client(certificate: &Path) -> reqwest::ClientBuilder {
    let pem = std::fs::read(certificate).expect("a certificate");
    let certificate = Certificate::from_pem(&pem).expect("PEM");
    Client::builder().no_proxy().tls_certs_only([certificate])
}
