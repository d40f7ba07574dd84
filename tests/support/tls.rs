//! HTTPS clients.

use std::path::{Path, PathBuf};
use std::process::Command;

use reqwest::{Certificate, Client};

pub const CERTIFICATE: &str = "development-certificate.pem";

/// A client that trusts this certificate.
pub fn client(certificate: &Path) -> reqwest::ClientBuilder {
    let pem = std::fs::read(certificate).expect("a certificate");
    let certificate = Certificate::from_pem(&pem).expect("PEM");
    Client::builder().no_proxy().tls_certs_only([certificate])
}

/// A certificate and its key, in files of their own.
pub fn certificate(folder: &Path) -> [PathBuf; 2] {
    let [cert, key] = ["cert.pem", "key.pem"].map(|name| folder.join(name));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"])
        .args(["-days", "2", "-subj", "/CN=esim.example.com"])
        .args(["-addext", "subjectAltName=DNS:esim.example.com"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .arg("-out")
        .arg(&cert)
        .arg("-keyout")
        .arg(&key)
        .output()
        .expect("openssl is there");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    [cert, key]
}
