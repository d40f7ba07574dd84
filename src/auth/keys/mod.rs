//! The public keys of issuers: what a key set is, where it comes from, and how a background task
//! keeps it fresh. Knows nothing of tokens. Only [`http`] makes requests.

mod http;
mod jwks_cache;
mod key_set;
mod masked_url;
mod refresh;
mod source;

pub use http::{FetchError, HttpKeys};
pub use jwks_cache::{JwksCache, JwksStatus, KeyLimits};
pub use key_set::{KeySet, KeySetError};
pub use masked_url::masked_url;
pub use refresh::Refresher;
pub use source::KeySource;

pub(super) use key_set::{MAX_KEY_ID_BYTES, Thumbprint, VerificationKey};
