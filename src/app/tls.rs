//! The certificate of the TLS listener: the configured one, or in development one that is generated on
//! first use and that clients on this machine can trust.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{CertificateParams, DistinguishedName, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::wiring::development_is_on;
use crate::config::Settings;
use crate::private_file;

/// The development key and certificate, in one file so that they always match.
const KEY_AND_CERTIFICATE_FILE: &str = "development-tls.pem";
/// The certificate alone, for clients to trust.
const CERTIFICATE_FILE: &str = "development-certificate.pem";
const HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Why the TLS listener cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// No certificate is configured, and none is generated because the development issuer is off.
    #[error(
        "server.tls.listen needs server.tls.cert_file and server.tls.key_file: a certificate is generated only if the development issuer is on"
    )]
    NoCertificate,
    /// A file can be neither read nor created.
    #[error("{}: {cause}", path.display())]
    Io {
        /// The path of the file.
        path: PathBuf,
        /// The system's error.
        cause: io::Error,
    },
    /// A file does not contain what it should.
    #[error("{}: {cause}", path.display())]
    Pem {
        /// The path of the file.
        path: PathBuf,
        /// The reason.
        cause: pem::Error,
    },
    /// The key does not match the certificate, or TLS does not support it.
    #[error("the certificate cannot be used: {0}")]
    Unusable(rustls::Error),
}

/// The TLS configuration of the listener. actix adds ALPN, with HTTP/1.1 alone.
pub(super) fn server_config(settings: &Settings) -> Result<ServerConfig, TlsError> {
    let tls = &settings.server.tls;
    let files = match (&tls.cert_file, &tls.key_file) {
        (Some(certificate), Some(key)) => read(certificate, key),
        _ if development_is_on(settings) => development(&settings.data_dir),
        _ => Err(TlsError::NoCertificate),
    };
    files.and_then(|(chain, key)| configure(chain, key))
}

/// The path of the development certificate, for the banner, if the listener uses it.
pub(crate) fn development_certificate(settings: &Settings) -> Option<PathBuf> {
    let tls = &settings.server.tls;
    (tls.listen.is_some() && tls.cert_file.is_none())
        .then(|| settings.data_dir.join(CERTIFICATE_FILE))
}

type Files = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn configure(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<ServerConfig, TlsError> {
    ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(TlsError::Unusable)
}

fn read(certificate: &Path, key: &Path) -> Result<Files, TlsError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        |cause| TlsError::Io { path, cause }
    };
    let chain = chain(&fs::read(certificate).map_err(io(certificate))?, certificate)?;
    Ok((chain, private_key(&private_file::read(key).map_err(io(key))?, key)?))
}

fn chain(content: &[u8], path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let wrong = |cause| TlsError::Pem { path: path.to_owned(), cause };
    let chain: Vec<_> =
        CertificateDer::pem_slice_iter(content).collect::<Result<_, _>>().map_err(wrong)?;
    if chain.is_empty() { Err(wrong(pem::Error::NoItemsFound)) } else { Ok(chain) }
}

fn private_key(content: &[u8], path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_slice(content)
        .map_err(|cause| TlsError::Pem { path: path.to_owned(), cause })
}

/// The development certificate, generated if there is none, with a copy that lacks the key.
fn development(data_dir: &Path) -> Result<Files, TlsError> {
    let path = data_dir.join(KEY_AND_CERTIFICATE_FILE);
    let io = |path: &Path| {
        let path = path.to_owned();
        |cause| TlsError::Io { path, cause }
    };
    let (content, _) = private_file::read_or_create(&path, || generate().into_bytes().into())
        .map_err(io(&path))?;
    let files = (chain(&content, &path)?, private_key(&content, &path)?);
    let public = data_dir.join(CERTIFICATE_FILE);
    let text = String::from_utf8_lossy(&content);
    let certificate = text.find("-----BEGIN CERTIFICATE").map_or("", |begin| &text[begin..]);
    if fs::read_to_string(&public).is_ok_and(|known| known == certificate) {
        return Ok(files);
    }
    private_file::replace(&public, certificate.as_bytes()).map_err(io(&public))?;
    Ok(files)
}

/// A key and its self-signed certificate. It is not a certificate authority: a client that trusts it
/// trusts only this service, and rustls accepts no authority as a server.
fn generate() -> String {
    let mut params = CertificateParams::new(HOSTS.map(str::to_owned)).expect("the names are valid");
    params.is_ca = IsCa::ExplicitNoCa;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "esimpool development");
    // It is never renewed, so it outlives the folder.
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2050, 1, 1);
    let key = KeyPair::generate().expect("ECDSA keys can be generated");
    let certificate = params.self_signed(&key).expect("the parameters are valid");
    format!("{}{}", key.serialize_pem(), certificate.pem())
}
