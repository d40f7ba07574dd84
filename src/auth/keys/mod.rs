//! The public keys of issuers: what a key set is, where one comes from, and how it is kept fresh
//! beside the requests. [`http`] is the one place that fetches anything.

mod http;
mod key_set;
mod refresh;
mod ring;
mod source;

pub use http::{FetchError, HttpKeys};
pub use key_set::{KeySet, KeySetError};
pub use refresh::Refresher;
pub use ring::{KeyRing, KeyStatus};
pub use source::KeySource;

pub(super) use key_set::{Key, KeyMark, MAX_KEY_ID};
