//! The development issuer: an issuer of tokens that is part of the service, for machines that have
//! no other. Its name is the URL of the service, and its key is stored in the data folder only. Depends on the rest
//! of `auth`; knows nothing of HTTP or settings.

mod draft;
mod issuer;
mod key;
mod provider;
mod wrong;

pub use issuer::{DevelopmentIssuer, TokenRequest};
pub use key::KeyFileError;
pub use provider::{Client, GrantRefusal, GrantRequest, Granted, Provider};
pub use wrong::Wrong;
