//! The certificate of the TLS listener: the given one, or in development one that is made on first
//! use and that clients on this machine can be told to trust.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{CertificateParams, DistinguishedName, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::{StartError, development_is_on};
use crate::config::Settings;
use crate::private_file;

/// The key and the certificate of development, together so that they never part.
const FILE: &str = "development-tls.pem";
/// The certificate alone, for clients to trust.
const CERTIFICATE: &str = "development-certificate.pem";
/// What the certificate is for.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// Nothing is given, and nothing is made up outside of development.
    #[error(
        "needs server.tls.cert_file and server.tls.key_file: the development issuer is off, and only with it a certificate is made"
    )]
    NoCertificate,
    /// A file that cannot be read or made.
    #[error("{}: {cause}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// A file that holds something else.
    #[error("{}: {cause}", path.display())]
    Pem {
        /// Which.
        path: PathBuf,
        /// What it lacks.
        cause: pem::Error,
    },
    /// A key that is not the certificate's, or of a kind that TLS does not use.
    #[error("the certificate cannot be used: {0}")]
    Unusable(rustls::Error),
}

/// What a listener needs to speak TLS; HTTP/2 is offered by actix (ALPN).
pub(super) fn server_config(settings: &Settings) -> Result<ServerConfig, StartError> {
    let tls = &settings.server.tls;
    let files = match (&tls.cert_file, &tls.key_file) {
        (Some(certificate), Some(key)) => read(certificate, key),
        _ if development_is_on(settings) => development(&settings.data_dir),
        _ => Err(TlsError::NoCertificate),
    };
    files.and_then(|(chain, key)| configure(chain, key)).map_err(StartError::Tls)
}

/// Where the development certificate lies, for the banner.
pub(crate) fn development_certificate(settings: &Settings) -> Option<PathBuf> {
    let tls = &settings.server.tls;
    (tls.listen.is_some() && tls.cert_file.is_none()).then(|| settings.data_dir.join(CERTIFICATE))
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
    let content =
        |path: &Path| fs::read(path).map_err(|cause| TlsError::Io { path: path.to_owned(), cause });
    Ok((chain(&content(certificate)?, certificate)?, private_key(&content(key)?, key)?))
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

/// The development certificate, made if there is none. A copy without the key lies beside it.
fn development(data_dir: &Path) -> Result<Files, TlsError> {
    let path = data_dir.join(FILE);
    let io = |path: &Path| {
        let path = path.to_owned();
        |cause| TlsError::Io { path, cause }
    };
    let (content, _) =
        private_file::read_or_create(&path, || make().into_bytes().into()).map_err(io(&path))?;
    let files = (chain(&content, &path)?, private_key(&content, &path)?);
    let public = data_dir.join(CERTIFICATE);
    let text = String::from_utf8_lossy(&content);
    let certificate = text.find("-----BEGIN CERTIFICATE").map_or("", |begin| &text[begin..]);
    if fs::read_to_string(&public).is_ok_and(|known| known == certificate) {
        return Ok(files);
    }
    fs::write(&public, certificate).map_err(io(&public))?;
    Ok(files)
}

/// A key and a certificate that it signed itself. Not an authority: who trusts it trusts this one
/// service, and rustls takes no authority for a server.
fn make() -> String {
    let mut params = CertificateParams::new(NAMES.map(str::to_owned)).expect("names of hosts");
    params.is_ca = IsCa::ExplicitNoCa;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "esimpool development");
    // For as long as the folder may live: nobody renews it.
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2050, 1, 1);
    let key = KeyPair::generate().expect("the machine can make an ECDSA key");
    let certificate = params.self_signed(&key).expect("a certificate of these few names");
    format!("{}{}", key.serialize_pem(), certificate.pem())
}
