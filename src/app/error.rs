//! Why a service cannot start or continue.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use super::TlsError;
use crate::auth::{FetchError, IssuerError, KeyFileError};
use crate::store::OpenError;

/// Why a service cannot start or continue.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database cannot be used.
    #[error(transparent)]
    Database(#[from] Arc<OpenError>),
    /// The folder of the data can be neither used nor created.
    #[error("data_dir {}: {cause}", path.display())]
    DataFolder {
        /// Its path.
        path: PathBuf,
        /// The error of the operating system.
        cause: std::io::Error,
    },
    /// The files of the development issuer cannot be used.
    #[error(transparent)]
    DevelopmentIssuer(#[from] KeyFileError),
    /// An issuer's settings are unusable.
    #[error("identity.issuers: {issuer}: {cause}")]
    Issuer {
        /// The issuer's identifier.
        issuer: String,
        /// What is wrong with them.
        cause: IssuerError,
    },
    /// An issuer's keys cannot be loaded.
    #[error("identity.issuers: {issuer}: {cause}")]
    Keys {
        /// The issuer's identifier.
        issuer: String,
        /// What went wrong.
        cause: FetchError,
    },
    /// An address that cannot be listened on.
    #[error(
        "{setting} {address}: {cause}; is another server running? Set {setting} to another port, or to 0 for a free one"
    )]
    Listen {
        /// The setting with the address.
        setting: &'static str,
        /// The address.
        address: SocketAddr,
        /// The error of the operating system.
        cause: std::io::Error,
    },
    /// The TLS certificate cannot be used.
    #[error("server.tls: {0}")]
    Tls(#[from] TlsError),
    /// The server stopped by itself.
    #[error("the server failed: {0}")]
    Server(std::io::Error),
}
