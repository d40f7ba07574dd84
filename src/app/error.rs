//! Why a service does not start.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::auth::{FetchError, IssuerError, KeyFileError};
use crate::store::OpenError;

/// Why a service cannot start, or cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database.
    #[error(transparent)]
    Database(#[from] Arc<OpenError>),
    /// The development issuer.
    #[error(transparent)]
    DevelopmentIssuer(#[from] KeyFileError),
    /// An issuer's settings.
    #[error("identity.issuers: {issuer}: {cause}")]
    Issuer {
        /// Which.
        issuer: String,
        /// What it lacks.
        cause: IssuerError,
    },
    /// Where an issuer's keys should be.
    #[error("identity.issuers: {issuer}: {cause}")]
    Keys {
        /// Whose.
        issuer: String,
        /// What is wrong there.
        cause: FetchError,
    },
    /// An address that cannot be listened on.
    #[error(
        "{setting} {address}: {cause}; is another server running? Set {setting} to another port, or 0 for a free one"
    )]
    Listen {
        /// The setting that names it.
        setting: &'static str,
        /// The address.
        address: SocketAddr,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The second listener's certificate.
    #[error("server.tls: {0}")]
    Tls(super::TlsError),
    /// A server that stopped by itself.
    #[error("the server failed: {0}")]
    Server(std::io::Error),
}
