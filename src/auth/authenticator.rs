//! Finds the issuer of a token.

use std::sync::atomic::{AtomicU64, Ordering};

use super::token::{MAX_TOKEN_BYTES, UnverifiedToken};
use super::token_cache::{CachedToken, TokenCache, TokenDigest};
use super::{Caller, Issuer, Refusal};
use crate::clock::Clock;
use crate::domain::Timestamp;

/// Turns bearer tokens into callers.
#[derive(Debug)]
pub struct Authenticator {
    issuers: Vec<Issuer>,
    cache: TokenCache,
    /// In seconds.
    skew: i64,
    clock: Clock,
    verified: AtomicU64,
    cached: AtomicU64,
}

impl Authenticator {
    /// An authenticator that trusts `issuers` and no others. It tolerates `skew` seconds between
    /// the issuers' clocks and its own, and caches up to `cache_size` verified tokens; 0 caches
    /// none.
    #[must_use]
    pub fn new(mut issuers: Vec<Issuer>, skew: u32, cache_size: usize, clock: Clock) -> Self {
        // An exact name takes precedence over a template that it matches.
        issuers.sort_by_key(Issuer::is_template);
        Self {
            issuers,
            cache: TokenCache::new(cache_size),
            skew: skew.into(),
            clock,
            verified: AtomicU64::new(0),
            cached: AtomicU64::new(0),
        }
    }

    /// The caller that `token` was issued to, once every check has passed. May wait for the
    /// issuer's keys.
    ///
    /// # Errors
    /// The first check that failed.
    pub async fn authenticate(&self, token: &str) -> Result<Caller, Refusal> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(Refusal::TooLong);
        }
        let now = self.clock.now();
        let digest = TokenDigest::of(token);
        let has_key = |issuer: usize, key| self.issuers[issuer].has_key(key);
        if let Some(caller) = self.cache.get(&digest, now.seconds() - self.skew, has_key) {
            self.cached.fetch_add(1, Ordering::Relaxed);
            return Ok(caller);
        }
        let token = UnverifiedToken::parse(token)?;
        let (index, issuer) = self.issuer(token.issuer()?).ok_or(Refusal::UnknownIssuer)?;
        let verified = issuer.verify(token, now, self.skew).await?;
        self.verified.fetch_add(1, Ordering::Relaxed);
        self.cache.insert(digest, CachedToken::new(index, &verified));
        Ok(verified.caller)
    }

    /// The trusted issuers, for the banner and the readiness check.
    #[must_use]
    pub fn issuers(&self) -> &[Issuer] {
        &self.issuers
    }

    /// How many tokens were verified, and how many were found in the cache.
    pub fn token_checks(&self) -> (u64, u64) {
        (self.verified.load(Ordering::Relaxed), self.cached.load(Ordering::Relaxed))
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The issuer of tokens with this `iss`, and its index.
    pub(super) fn issuer(&self, iss: &str) -> Option<(usize, &Issuer)> {
        self.issuers.iter().enumerate().find(|(_, issuer)| issuer.issues(iss))
    }
}
