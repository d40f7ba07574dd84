//! Who is calling, and what that allows: from a bearer token to a [`Permit`]. Leans on `domain`;
//! knows neither HTTP nor SQL.
//!
//! The way of a token: [`Authenticator::authenticate`] finds the issuer it names, verifies the
//! signature with that issuer's key, checks every claim and gives a [`Caller`];
//! [`Caller::permit`] turns the caller into the permit of one action, if the token grants it.

mod authenticator;
mod caller;
mod development;
mod issuer;
mod key_set;
mod permission;
mod permit;
mod refusal;
mod token;

pub use authenticator::Authenticator;
pub use caller::{Caller, Principal};
pub use development::{DevelopmentIssuer, KeyFileError, TokenRequest, Wrong};
pub use issuer::{Issuer, IssuerError};
pub use key_set::{KeySet, KeySetError};
pub use permission::{Grants, Permission};
pub use permit::{Access, Attempt, Claim, Permit, Read, Write};
pub use refusal::Refusal;
