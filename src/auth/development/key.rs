//! The key of the development issuer, and its client's secret, in the data folder.

use std::io;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::private_file;

const KEY_FILE: &str = "development-issuer.pkcs8";
pub(super) const CLIENT_SECRET_FILE: &str = "development-client.secret";

/// Why the key of the development issuer cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file can be neither read nor created.
    #[error("the development issuer's key {}: {cause}", path.display())]
    Io {
        /// The path of the file.
        path: PathBuf,
        /// The system's error.
        cause: io::Error,
    },
    /// The file does not contain an RSA key.
    #[error("{} is not a development issuer's key; remove it, and a new one is generated", path.display())]
    Broken {
        /// The path of the file.
        path: PathBuf,
    },
}

pub(super) fn exists(data_dir: &Path) -> bool {
    data_dir.join(KEY_FILE).exists()
}

/// The key, generated if there is none; its id; and whether it was generated.
pub(super) fn open(data_dir: &Path) -> Result<(RsaKeyPair, String, bool), KeyFileError> {
    let path = data_dir.join(KEY_FILE);
    let file = private_file::read_or_create(&path, || {
        let der: Pkcs8V1Der<'_> = generate().as_der().expect("a new key can be encoded");
        Zeroizing::new(der.as_ref().to_vec())
    });
    let (der, generated) = file.map_err(|cause| KeyFileError::Io { path: path.clone(), cause })?;
    let key = RsaKeyPair::from_pkcs8(&der).map_err(|_| KeyFileError::Broken { path })?;
    // Derived from the key, so that another key has another id.
    let thumbprint = digest(&SHA256, key.public_key().as_ref());
    let key_id = URL_SAFE_NO_PAD.encode(&thumbprint.as_ref()[..15]);
    Ok((key, key_id, generated))
}

/// The secret of the development issuer's own application, generated if there is none.
pub(super) fn client_secret(data_dir: &Path) -> Result<Zeroizing<String>, KeyFileError> {
    let path = data_dir.join(CLIENT_SECRET_FILE);
    let file = private_file::read_or_create(&path, || {
        let mut secret = Zeroizing::new([0; 24]);
        aws_lc_rs::rand::fill(&mut *secret).expect("the system provides randomness");
        Zeroizing::new(URL_SAFE_NO_PAD.encode(*secret).into_bytes())
    });
    let (secret, _) = file.map_err(|cause| KeyFileError::Io { path, cause })?;
    Ok(Zeroizing::new(String::from_utf8_lossy(&secret).trim().to_owned()))
}

pub(super) fn generate() -> RsaKeyPair {
    RsaKeyPair::generate(KeySize::Rsa2048).expect("RSA keys of 2048 bits can be generated")
}

/// The public half of a key, as key sets contain it (RFC 7517).
pub(super) fn jwk(key: &RsaKeyPair, id: &str) -> Value {
    let public = key.public_key();
    let number = |big_endian: &[u8]| URL_SAFE_NO_PAD.encode(big_endian);
    json!({
        "kty": "RSA", "use": "sig", "alg": "RS256", "kid": id,
        "n": number(public.modulus().big_endian_without_leading_zero()),
        "e": number(public.exponent().big_endian_without_leading_zero()),
    })
}
