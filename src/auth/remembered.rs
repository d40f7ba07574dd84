//! Tokens that were verified lately, so that the next call with one costs a look-up and no
//! signature. What is kept is a digest, never the token.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};

use super::Caller;
use super::issuer::Verified;
use super::keys::Thumbprint;

/// Parts of the memory that are locked apart from each other.
const SHARDS: usize = 16;

/// So many verified tokens and no more.
#[derive(Debug)]
pub(super) struct Remembered {
    shards: [Mutex<Shard>; SHARDS],
    /// How many one half of a shard holds; 0 remembers nothing.
    half: usize,
}

/// Tokens used lately, and those used before them: when the first half is full it becomes the
/// second, whose tokens are forgotten unless they were used since.
#[derive(Debug, Default)]
struct Shard {
    recent: HashMap<TokenDigest, Entry>,
    older: HashMap<TokenDigest, Entry>,
}

/// What stands for a token: a digest that nobody can make another token for.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct TokenDigest([u8; 32]);

/// What a verified token came to.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) caller: Caller,
    /// The place of its issuer in the authenticator's list.
    pub(super) issuer: usize,
    expires: i64,
    key: Thumbprint,
}

impl TokenDigest {
    pub(super) fn of(token: &str) -> Self {
        let digest = digest(&SHA256, token.as_bytes());
        Self(digest.as_ref().try_into().expect("SHA-256 has 32 bytes"))
    }
}

impl Entry {
    pub(super) fn new(issuer: usize, verified: &Verified) -> Self {
        let Verified { caller, expires, key } = verified;
        Self { caller: caller.clone(), issuer, expires: *expires, key: *key }
    }
}

impl Remembered {
    /// A memory for at most `capacity` tokens.
    pub(super) fn new(capacity: usize) -> Self {
        // Rounded up, so that a small memory is one at all.
        let half = capacity.div_ceil(SHARDS * 2);
        Self { shards: Default::default(), half }
    }

    /// What the token came to, if it is still good at the moment `now` (with `skew`, in seconds)
    /// and `has_key` knows its key still. One that is not is forgotten.
    pub(super) fn find(
        &self,
        token: &TokenDigest,
        now: i64,
        has_key: impl Fn(usize, Thumbprint) -> bool,
    ) -> Option<Caller> {
        if self.half == 0 {
            return None;
        }
        let mut shard = self.shard(token);
        let entry = if let Some(entry) = shard.recent.get(token) {
            entry.clone()
        } else {
            let entry = shard.older.remove(token)?;
            shard.keep(*token, entry.clone(), self.half);
            entry
        };
        if now < entry.expires && has_key(entry.issuer, entry.key) {
            return Some(entry.caller);
        }
        shard.recent.remove(token);
        None
    }

    /// Remembers a token.
    pub(super) fn keep(&self, token: TokenDigest, entry: Entry) {
        if self.half > 0 {
            self.shard(&token).keep(token, entry, self.half);
        }
    }

    fn shard(&self, token: &TokenDigest) -> MutexGuard<'_, Shard> {
        let shard = &self.shards[usize::from(token.0[0]) % SHARDS];
        // Nothing panics while it holds the lock, and a memory may be lost anyway.
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shard {
    fn keep(&mut self, token: TokenDigest, entry: Entry, half: usize) {
        if self.recent.len() >= half {
            self.older = std::mem::take(&mut self.recent);
        }
        self.recent.insert(token, entry);
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

    use super::{Entry, Remembered, SHARDS, TokenDigest};
    use crate::auth::keys::{KeySet, Thumbprint};
    use crate::auth::{Caller, Grants, Principal};

    fn entry(expires: i64) -> Entry {
        let principal = Principal::Application { app: "app".to_owned() };
        let caller = Caller::new("issuer".into(), Uuid::nil().into(), principal, Grants::default());
        Entry { caller, issuer: 0, expires, key: mark() }
    }

    fn mark() -> Thumbprint {
        let jwk = br#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
        KeySet::parse(jwk).expect("a key set").key(None).expect("its only key").mark()
    }

    fn held(memory: &Remembered) -> usize {
        let shards = memory.shards.iter().map(|shard| shard.lock().expect("no panic"));
        shards.map(|shard| shard.recent.len() + shard.older.len()).sum()
    }

    #[test]
    fn it_holds_no_more_than_it_may() {
        let memory = Remembered::new(320);
        for number in 0..10_000 {
            memory.keep(TokenDigest::of(&number.to_string()), entry(10));
        }
        assert!(held(&memory) <= 320, "{}", held(&memory));
        let small = Remembered::new(1);
        let none = Remembered::new(0);
        for number in 0..1000 {
            small.keep(TokenDigest::of(&number.to_string()), entry(10));
            none.keep(TokenDigest::of(&number.to_string()), entry(10));
        }
        assert!(held(&small) <= 2 * SHARDS);
        assert_eq!(held(&none), 0);
    }

    #[test]
    fn what_is_used_stays_and_what_is_no_longer_good_goes() {
        let memory = Remembered::new(320);
        let used = TokenDigest::of("used");
        memory.keep(used, entry(10));
        for number in 0..10_000 {
            memory.keep(TokenDigest::of(&number.to_string()), entry(10));
            assert!(memory.find(&used, 9, |_, _| true).is_some(), "{number}");
        }
        assert!(memory.find(&TokenDigest::of("other"), 9, |_, _| true).is_none());
        assert!(memory.find(&used, 10, |_, _| true).is_none(), "it has expired");
        assert!(memory.find(&used, 9, |_, _| true).is_none(), "and is forgotten");
        memory.keep(used, entry(10));
        assert!(memory.find(&used, 9, |_, key| key != mark()).is_none(), "its key is gone");
    }
}
