//! Finds the issuer of a token.

use super::token::Unverified;
use super::{Caller, Issuer, Refusal};
use crate::clock::Clock;

/// Knows every issuer, and from a bearer token who is calling.
#[derive(Debug)]
pub struct Authenticator {
    issuers: Vec<Issuer>,
    clock: Clock,
}

impl Authenticator {
    /// An authenticator that trusts `issuers` and nobody else.
    #[must_use]
    pub fn new(issuers: Vec<Issuer>, clock: Clock) -> Self {
        Self { issuers, clock }
    }

    /// The caller that `token` speaks for, every check passed.
    #[expect(clippy::unused_async, reason = "an unknown key will be waited for")]
    pub async fn authenticate(&self, token: &str) -> Result<Caller, Refusal> {
        let token = Unverified::parse(token)?;
        let name = token.issuer()?;
        let issuer = self.issuers.iter().find(|issuer| issuer.name() == name);
        issuer.ok_or(Refusal::UnknownIssuer)?.caller(token, self.clock.now())
    }

    /// The issuers, for the banner.
    pub fn issuers(&self) -> impl Iterator<Item = &str> {
        self.issuers.iter().map(Issuer::name)
    }
}
