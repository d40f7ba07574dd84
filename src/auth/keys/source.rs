//! The source of an issuer's keys.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::key_set::MAX_KEY_SET_BYTES;
use super::{FetchError, HttpKeys, KeySet};

/// The source of an issuer's keys.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// A JWKS document on this machine.
    File(PathBuf),
    /// A JWKS document on the network.
    Http(HttpKeys),
}

impl KeySource {
    /// Fetches the current keys.
    ///
    /// # Errors
    /// If the document cannot be read or is not a usable key set.
    pub async fn fetch(&self) -> Result<KeySet, FetchError> {
        match self {
            Self::File(path) => {
                let fault = |cause: String| FetchError::File { path: path.clone(), cause };
                let file = path.clone();
                let read = tokio::task::spawn_blocking(move || read(&file)).await;
                let document = read.unwrap_or_else(|failed| Err(io::Error::other(failed)));
                let document = document.map_err(|error| fault(error.to_string()))?;
                KeySet::parse(&document).map_err(|error| fault(error.to_string()))
            }
            Self::Http(keys) => keys.fetch().await,
        }
    }
}

/// The content of a file, up to one byte more than a key set may have.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    File::open(path)?.take(MAX_KEY_SET_BYTES as u64 + 1).read_to_end(&mut content)?;
    Ok(content)
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Http(keys) => keys.fmt(f),
        }
    }
}
