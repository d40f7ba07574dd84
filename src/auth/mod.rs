//! Who is calling, and what that allows: from a bearer token to a [`Permit`]. Leans on `domain`;
//! knows no SQL, and of HTTP only how to fetch an issuer's keys.
//!
//! The way of a token: [`Authenticator::authenticate`] finds the issuer it names, verifies the
//! signature with that issuer's key, checks every claim and gives a [`Caller`], which is remembered
//! for the next time; [`Caller::permit`] turns the caller into the permit of one action, if the
//! token grants it.

mod authenticator;
mod caller;
mod claim_names;
mod claims;
mod development;
mod explanation;
mod issuer;
mod issuer_name;
mod keys;
mod permission;
mod permit;
mod refusal;
mod remembered;
mod token;

pub use authenticator::Authenticator;
pub use caller::{Caller, Principal};
pub use claim_names::{ClaimNames, Scopes};
pub use development::{
    Client, DevelopmentIssuer, GrantRefusal, GrantRequest, Granted, KeyFileError, Provider,
    TokenRequest, Wrong,
};
pub use explanation::{Explanation, TokenSummary};
pub use issuer::{Issuer, IssuerError, IssuerPolicy};
pub use keys::{
    FetchError, HttpKeys, JwksCache, JwksStatus, KeySet, KeySetError, KeySource, Refresher,
};
pub use permission::{Grants, Permission};
pub use permit::{Access, Claim, IdempotencyKey, Permit, Read, Write};
pub use refusal::Refusal;

use crate::domain::TenantId;

/// Whether a text is a GUID as tokens and URLs write it.
fn guid(text: &str) -> Option<TenantId> {
    TenantId::parse(text)
}
