//! Finds the issuer of a token.

use std::sync::atomic::{AtomicU64, Ordering};

use super::remembered::{Entry, Remembered, TokenDigest};
use super::token::{MAX_TOKEN, Unverified};
use super::{Caller, Issuer, Refusal};
use crate::clock::Clock;
use crate::domain::Timestamp;

/// Knows every issuer, and from a bearer token who is calling.
#[derive(Debug)]
pub struct Authenticator {
    issuers: Vec<Issuer>,
    remembered: Remembered,
    skew: i64,
    clock: Clock,
    verified: AtomicU64,
    recognised: AtomicU64,
}

impl Authenticator {
    /// An authenticator that trusts `issuers` and nobody else. Their clocks may be `skew` seconds
    /// off; the last `remembered` verified tokens are not verified again.
    #[must_use]
    pub fn new(mut issuers: Vec<Issuer>, skew: u32, remembered: usize, clock: Clock) -> Self {
        // A name in full says more than a pattern that it fits.
        issuers.sort_by_key(Issuer::is_template);
        Self {
            issuers,
            remembered: Remembered::new(remembered),
            skew: skew.into(),
            clock,
            verified: AtomicU64::new(0),
            recognised: AtomicU64::new(0),
        }
    }

    /// The caller that `token` speaks for, every check passed. May wait for an issuer's keys.
    pub async fn authenticate(&self, token: &str) -> Result<Caller, Refusal> {
        if token.len() > MAX_TOKEN {
            return Err(Refusal::TooLong);
        }
        let now = self.clock.now();
        let digest = TokenDigest::of(token);
        let has_key = |issuer: usize, key| self.issuers[issuer].has_key(key);
        let known = self.remembered.find(&digest, now.seconds() - self.skew, has_key);
        if let Some(caller) = known {
            self.recognised.fetch_add(1, Ordering::Relaxed);
            return Ok(caller);
        }
        let token = Unverified::parse(token)?;
        let (place, issuer) = self.issuer(token.issuer()?).ok_or(Refusal::UnknownIssuer)?;
        let verified = issuer.verify(token, now, self.skew).await?;
        self.verified.fetch_add(1, Ordering::Relaxed);
        self.remembered.keep(digest, Entry::new(place, &verified));
        Ok(verified.caller)
    }

    /// The issuers, for the banner and for health.
    #[must_use]
    pub fn issuers(&self) -> &[Issuer] {
        &self.issuers
    }

    /// How many tokens were verified, and how many were known from before.
    pub fn token_checks(&self) -> (u64, u64) {
        (self.verified.load(Ordering::Relaxed), self.recognised.load(Ordering::Relaxed))
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn issuer(&self, iss: &str) -> Option<(usize, &Issuer)> {
        self.issuers.iter().enumerate().find(|(_, issuer)| issuer.issues(iss))
    }
}
