//! Refresh tokens, which are good for one use each (RFC 9700, section 4.14). All that follow from one
//! sign-in are a family; if one of them is used twice, the family is revoked, because two parties have it.

use super::bounded::Bounded;
use super::grant::Grant;
use super::random::{Seal, random};
use super::refusal::GrantRefusal;
use crate::domain::Timestamp;

/// How many families are kept. A further one takes the place of the one that expires first.
const MAX_FAMILIES: usize = 1000;

/// How long a refresh token is valid that is not used, in seconds: 90 days, as Entra's.
const IDLE_SECONDS: i64 = 90 * 86_400;

/// How long the family of a page is valid, however often it is used, in seconds: as Entra's.
const SPA_SECONDS: i64 = 86_400;

const PURPOSE: &str = "refresh token";

/// The id of a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct FamilyId([u8; 16]);

/// All families.
#[derive(Debug)]
pub(super) struct RefreshTokens {
    seal: Seal,
    families: Bounded<FamilyId, Family>,
}

#[derive(Debug)]
struct Family {
    grant: Grant,
    /// The number of the only token that is good.
    generation: u32,
}

impl FamilyId {
    pub(super) fn new() -> Self {
        Self(random())
    }
}

impl RefreshTokens {
    pub(super) fn new() -> Self {
        Self { seal: Seal::new(), families: Bounded::new(MAX_FAMILIES) }
    }

    /// The first token of a family.
    pub(super) fn issue(&self, id: FamilyId, grant: Grant, now: Timestamp) -> String {
        let seconds = if grant.origin.is_some() { SPA_SECONDS } else { IDLE_SECONDS };
        self.families.insert(id, Family { grant, generation: 0 }, seconds, now);
        self.token(id, 0)
    }

    /// Uses a token up: what it stands for, and the next one. A request that `check` refuses does not
    /// use it up.
    pub(super) fn rotate<T>(
        &self,
        token: &str,
        now: Timestamp,
        check: impl FnOnce(&Grant) -> Result<T, GrantRefusal>,
    ) -> Result<(T, String), GrantRefusal> {
        let (id, generation) = self.read(token).ok_or(GrantRefusal::Grant)?;
        let mut families = self.families.lock();
        let entry = families.get_mut(&id).ok_or(GrantRefusal::Revoked)?;
        if entry.value.generation != generation {
            families.remove(&id);
            return Err(GrantRefusal::Revoked);
        }
        let checked = check(&entry.value.grant)?;
        if entry.expires <= now.seconds() {
            families.remove(&id);
            return Err(GrantRefusal::RefreshExpired);
        }
        entry.value.generation += 1;
        if entry.value.grant.origin.is_none() {
            entry.expires = now.seconds() + IDLE_SECONDS;
        }
        Ok((checked, self.token(id, entry.value.generation)))
    }

    pub(super) fn revoke(&self, id: FamilyId) {
        self.families.lock().remove(&id);
    }

    fn token(&self, id: FamilyId, generation: u32) -> String {
        self.seal.close(PURPOSE, &[&id.0[..], &generation.to_be_bytes()].concat())
    }

    fn read(&self, token: &str) -> Option<(FamilyId, u32)> {
        let content = self.seal.open(PURPOSE, token)?;
        let (id, generation) = content.split_at_checked(16)?;
        Some((FamilyId(id.try_into().ok()?), u32::from_be_bytes(generation.try_into().ok()?)))
    }
}
