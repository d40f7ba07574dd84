//! Verified tokens: the next request with the same token costs a lookup instead of a signature
//! check. The cache holds digests, never tokens.

use std::hash::{Hash, Hasher};

use aws_lc_rs::digest::{SHA256, digest};
use quick_cache::sync::Cache;

use super::Caller;
use super::issuer::Verified;
use super::keys::Thumbprint;

/// A bounded cache of verified tokens; `None` if its size is 0. A hit takes a shared lock only.
#[derive(Debug)]
pub(super) struct TokenCache(Option<Cache<TokenDigest, CachedToken>>);

/// SHA-256 of a token.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct TokenDigest([u8; 32]);

#[derive(Clone, Debug)]
pub(super) struct CachedToken {
    caller: Caller,
    /// The index of the issuer in the authenticator's list.
    issuer: usize,
    /// In seconds since 1970.
    expires: i64,
    key: Thumbprint,
}

impl TokenDigest {
    pub(super) fn of(token: &str) -> Self {
        let digest = digest(&SHA256, token.as_bytes());
        Self(digest.as_ref().try_into().expect("SHA-256 has 32 bytes"))
    }
}

impl Hash for TokenDigest {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // A digest is uniformly distributed, so eight bytes spread as well as all of them.
        state.write(&self.0[..8]);
    }
}

impl CachedToken {
    pub(super) fn new(issuer: usize, verified: &Verified) -> Self {
        let Verified { caller, expires, key } = verified;
        Self { caller: caller.clone(), issuer, expires: *expires, key: *key }
    }
}

impl TokenCache {
    pub(super) fn new(size: usize) -> Self {
        Self((size > 0).then(|| Cache::new(size)))
    }

    /// The caller that `token` was verified for, if the token expires after `now` (in seconds since
    /// 1970) and `has_key` still finds its key at its issuer. A token that fails either check is
    /// removed.
    pub(super) fn get(
        &self,
        token: &TokenDigest,
        now: i64,
        has_key: impl Fn(usize, Thumbprint) -> bool,
    ) -> Option<Caller> {
        let cache = self.0.as_ref()?;
        let cached = cache.get(token)?;
        if now < cached.expires && has_key(cached.issuer, cached.key) {
            return Some(cached.caller);
        }
        cache.remove(token);
        None
    }

    pub(super) fn insert(&self, token: TokenDigest, verified: CachedToken) {
        if let Some(cache) = &self.0 {
            cache.insert(token, verified);
        }
    }
}

impl std::fmt::Debug for TokenDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenDigest(…)")
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::{CachedToken, TokenCache, TokenDigest};
    use crate::auth::keys::{KeySet, Thumbprint};
    use crate::auth::{Caller, CarriedPermissions, Principal};

    fn token(expires: i64) -> CachedToken {
        let principal = Principal::Application { app: "app".to_owned() };
        let (tenant, none) = (Uuid::nil().into(), CarriedPermissions::default());
        let caller = Caller::new("issuer".into(), tenant, principal, None, none);
        CachedToken { caller, issuer: 0, expires, key: thumbprint() }
    }

    fn thumbprint() -> Thumbprint {
        let jwk = br#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
        KeySet::parse(jwk).expect("a key set").key(None).expect("its only key").thumbprint()
    }

    fn len(cache: &TokenCache) -> usize {
        cache.0.as_ref().map_or(0, quick_cache::sync::Cache::len)
    }

    #[test]
    fn the_cache_never_exceeds_its_size() {
        let [large, small, none] = [320, 1, 0].map(TokenCache::new);
        for number in 0..10_000 {
            for cache in [&large, &small, &none] {
                cache.insert(TokenDigest::of(&number.to_string()), token(10));
            }
        }
        assert_eq!((len(&large), len(&small), len(&none)), (320, 1, 0));
    }

    #[test]
    fn a_token_in_use_stays_and_an_invalid_one_is_removed() {
        let cache = TokenCache::new(320);
        let used = TokenDigest::of("used");
        cache.insert(used, token(10));
        for number in 0..10_000 {
            cache.insert(TokenDigest::of(&number.to_string()), token(10));
            assert!(cache.get(&used, 9, |_, _| true).is_some(), "{number}");
        }
        assert!(cache.get(&TokenDigest::of("other"), 9, |_, _| true).is_none());
        assert!(cache.get(&used, 10, |_, _| true).is_none(), "it has expired");
        assert!(cache.get(&used, 9, |_, _| true).is_none(), "and was removed");
        cache.insert(used, token(10));
        assert!(cache.get(&used, 9, |_, key| key != thumbprint()).is_none(), "its key is gone");
    }
}
