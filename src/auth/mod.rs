//! Authentication and authorization: from a bearer token to a [`Permit`]. Depends on `domain`. Knows
//! nothing of SQL, and of HTTP only how to fetch an issuer's keys.
//!
//! [`Authenticator::authenticate`] finds the issuer that a token names, verifies the signature with
//! the issuer's key, checks every claim, and returns a [`Caller`], which it caches until the token
//! expires. [`Caller::permit`] returns the permit for one action, if the token grants it.

mod authenticator;
mod caller;
mod carried;
mod claim_names;
mod development;
mod explanation;
mod issuer;
mod issuer_name;
mod keys;
mod permission;
mod permit;
mod refusal;
mod service_urls;
mod token;
mod token_cache;
mod token_claims;

pub use authenticator::Authenticator;
pub use caller::{Caller, Principal};
pub use carried::CarriedPermissions;
pub use claim_names::{ClaimNames, Scopes};
pub use development::{
    Application, Client, Delivery, DevelopmentIssuer, DeviceStart, Endpoint, GrantRefusal, Granted,
    KeyFileError, Parameters, Prompt, Provider, RedirectUri, RedirectUris, Refused, ReplyTo,
    TokenRequest, User, Wrong,
};
pub use explanation::{Explanation, TokenSummary};
pub use issuer::{Issuer, IssuerError, IssuerPolicy};
pub use keys::{
    FetchError, HttpKeys, JwksCache, JwksStatus, KeyLimits, KeySet, KeySetError, KeySource,
    Refresher, masked_url,
};
pub use permission::{Grants, Permission};
pub use permit::{Access, Claim, IdempotencyKey, Permit, Read, ReadAudit, Write};
pub use refusal::Refusal;
pub use service_urls::ServiceUrls;
