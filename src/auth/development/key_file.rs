//! The key of the development issuer, in the data folder.

use std::io;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::private_file;

const FILE: &str = "development-issuer.pkcs8";
pub(super) const CLIENT_SECRET: &str = "development-client.secret";

/// Why the key cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file can be neither read nor made.
    #[error("the development issuer's key {}: {cause}", path.display())]
    Io {
        /// Where it should be.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The file holds no RSA key.
    #[error("{} is not the key of a development issuer; remove it to have a new one made", path.display())]
    Broken {
        /// Where it is.
        path: PathBuf,
    },
}

pub(super) fn exists(data_dir: &Path) -> bool {
    data_dir.join(FILE).exists()
}

/// The key, its id, and whether it was made just now.
pub(super) fn open(data_dir: &Path) -> Result<(RsaKeyPair, String, bool), KeyFileError> {
    let path = data_dir.join(FILE);
    let made = private_file::read_or_make(&path, || {
        let der: Pkcs8V1Der<'_> = new_key().as_der().expect("a new key can be written");
        der.as_ref().to_vec()
    });
    let (der, made) = made.map_err(|cause| KeyFileError::Io { path: path.clone(), cause })?;
    let key = RsaKeyPair::from_pkcs8(&der).map_err(|_| KeyFileError::Broken { path })?;
    // Named after the key itself, as certificates' thumbprints are: another key, another id.
    let thumbprint = digest(&SHA256, key.public_key().as_ref());
    let key_id = URL_SAFE_NO_PAD.encode(&thumbprint.as_ref()[..15]);
    Ok((key, key_id, made))
}

/// The secret of the development issuer's own application: as private as the key itself.
pub(super) fn client_secret(data_dir: &Path) -> Result<String, KeyFileError> {
    let path = data_dir.join(CLIENT_SECRET);
    let made = private_file::read_or_make(&path, || {
        let mut secret = [0; 24];
        aws_lc_rs::rand::fill(&mut secret).expect("the machine has randomness");
        URL_SAFE_NO_PAD.encode(secret).into_bytes()
    });
    let (secret, _) = made.map_err(|cause| KeyFileError::Io { path, cause })?;
    Ok(String::from_utf8_lossy(&secret).trim().to_owned())
}

pub(super) fn new_key() -> RsaKeyPair {
    RsaKeyPair::generate(KeySize::Rsa2048).expect("the machine can make an RSA key")
}
