//! The public keys of issuers: what a key set is, where one comes from, and how it is kept fresh
//! beside the requests. [`http`] is the one place that fetches anything.

mod http;
mod jwks_cache;
mod key_set;
mod refresh;
mod source;

pub use http::{FetchError, HttpKeys};
pub use jwks_cache::{JwksCache, JwksStatus};
pub use key_set::{KeySet, KeySetError};
pub use refresh::Refresher;
pub use source::KeySource;

pub(super) use key_set::{Key, MAX_KEY_ID, Thumbprint};
